import { describe, expect, it } from 'vitest'
import { createPrinter, type PrintMode } from './printer.ts'

function printed(mode: PrintMode, isTerminal = false) {
  const written: (string | Uint8Array)[] = []
  const printer = createPrinter(mode, isTerminal, (text) => void written.push(text))
  return {
    printer,
    written,
    text: () => written.join(''),
    print(...payloads: unknown[]) {
      payloads.forEach((payload, n) => {
        const data = typeof payload === 'string' ? payload : JSON.stringify(payload)
        void printer.print({ id: `${n}`, event: 'update', payload, data })
      })
    },
  }
}

describe('a printer', () => {
  it('of text prints deltas as they are, and nothing else', () => {
    const { print, text, printer } = printed('text')
    print({ delta: 'Hel' }, { delta: '' }, { delta: 'lo\n' }, { delta: '\x1b wörld' })
    printer.end()
    expect(text()).toBe('Hello\n\x1b wörld')
  })

  it('of text prints other payloads as lines of JSON, apart from the text', () => {
    const { print, text } = printed('text')
    print({ a: 1 }, { delta: 'Hel' }, { b: [] }, 7, { delta: 'lo' })
    expect(text()).toBe('{"a":1}\nHel\n{"b":[]}\n7\nlo')
  })

  it('of JSON prints one line for each event, with the gap before it where there is one', () => {
    const { printer, text } = printed('json')
    const payload = { delta: 'a\nb' }
    void printer.print({ id: 'x', event: 'update', payload, data: '' })
    const gap = { from: 2, to: 3, lost: true }
    void printer.print({ id: 'y', event: 'update', payload: 1, data: '', gap })
    expect(
      text()
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: 'x', event: 'update', payload },
      { id: 'y', event: 'update', payload: 1, gap },
    ])
    expect(text().endsWith('\n')).toBe(true)
  })

  it('of lines prints the data of each event on its own', () => {
    const { print, text } = printed('lines')
    print('one', 'two')
    expect(text()).toBe('one\ntwo\n')
  })

  it('of raw bytes prints what came, to the byte, and no event', () => {
    const { printer, print, written } = printed('raw')
    print({ delta: 'a' })
    const bytes = new Uint8Array([0x64, 0xff, 0x0a])
    void printer.printRaw(bytes)
    expect(written).toEqual([bytes])
  })

  it('of anything else prints no raw bytes', () => {
    const { printer, written } = printed('text')
    void printer.printRaw(new Uint8Array([1]))
    expect(written).toEqual([])
  })

  it.each<[PrintMode]>([['text'], ['raw']])(
    'shows control characters to a terminal and does not send them: %s',
    (mode) => {
      const { printer, print, text } = printed(mode, true)
      if (mode === 'raw') void printer.printRaw(Buffer.from('\x1b[2J'))
      else print({ delta: '\x1b[2J' })
      expect(text()).toBe('\ufffd[2J')
    },
  )

  it('leaves a terminal on a new line', () => {
    const { printer, print, text } = printed('text', true)
    print({ delta: 'a' })
    printer.end()
    printer.end()
    expect(text()).toBe('a\n')
  })

  it('hands on how long to wait for room', async () => {
    const room = Promise.resolve()
    const printer = createPrinter('text', false, () => room)
    expect(printer.print({ id: '', event: 'update', payload: 'a', data: '' })).toBe(room)
  })
})
