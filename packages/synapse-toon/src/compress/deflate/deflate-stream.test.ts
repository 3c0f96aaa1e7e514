import { Buffer } from 'node:buffer'
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFlush } from '../compressor-suite.ts'
import type { FlushStyle } from '../flush-style.ts'
import { DeflateStream } from './deflate-stream.ts'

const MARKER = '0000ffff'

/** A stream that keeps what it has sent. */
function recorder(style: FlushStyle = 'comment') {
  const summed: Buffer[] = []
  const wrapper = {
    head: new Uint8Array(0),
    update: (bytes: Uint8Array) => summed.push(Buffer.from(bytes)),
    tail: () => new Uint8Array(0),
  }
  const stream = new DeflateStream(wrapper, style)
  const target = Buffer.alloc(2 ** 20)
  const parts: Buffer[] = []
  const keep = (end: number) => {
    parts.push(Buffer.from(target.subarray(0, end)))
    return parts.at(-1)!
  }
  return {
    write: (text: string) => keep(stream.write(text, Buffer.byteLength(text), target, 0)),
    store: (text: string) => keep(stream.store(text, Buffer.byteLength(text), target, 0)),
    finish: () => keep(stream.finish(target, 0)),
    /** All text that the decoder has by now. */
    decoded: () =>
      inflateRawSync(Buffer.concat(parts), { finishFlush: constants.Z_SYNC_FLUSH }).toString(),
    sent: () => parts.reduce((sum, part) => sum + part.length, 0),
    summed: () => Buffer.concat(summed).toString(),
  }
}

const frame = (seq: number, delta: string) =>
  `id: 5f0c7a52-91d3-8e14-b0a6-${seq.toString(16).padStart(12, '0')}\nevent: update\ndata: ${JSON.stringify({ delta })}\n\n`
const WORDS = ' it is a long way from here to the sea and back again, said the old man'.split(
  /(?= )/,
)
const FRAMES = Array.from({ length: 300 }, (_, i) => frame(i + 1, WORDS[(i * 7) % WORDS.length]!))

describe('DeflateStream', () => {
  it('sends the first event at once with the codes that every decoder knows', () => {
    const stream = recorder()
    const first = stream.write('data: {"delta":"Hel"}\n\n')
    // [RFC 1951 §3.2.3] not the last block, fixed codes.
    expect(first[0]! & 0b111).toBe(0b010)
    expect(stream.decoded()).toMatch(/^data: {"delta":"Hel"}\n\n:*$/)
    expect(first.length).toBeLessThanOrEqual('data: {"delta":"Hel"}\n\n'.length + 1)
  })

  it('pays for a header only out of what it has saved', () => {
    const text =
      'data: Whoever reads letters that cost less than a byte may still wonder: is a dozen of them enough to earn what the table itself takes? Not before a hundred, and hardly after two.'
    for (let length = 1; length < text.length; length++) {
      const stream = recorder()
      expect(stream.write(`${text.slice(0, length)}\n`).length).toBeLessThanOrEqual(length + 3)
    }
  })

  it('opens one block with trained codes, which goes on through all flushes', () => {
    const stream = recorder()
    const sizes = FRAMES.map((text) => stream.write(text).length)
    expect(stream.decoded().replaceAll(/^:+(\n|$)/gm, '')).toBe(FRAMES.join(''))
    // A header is more than 40 bytes; after the first events no flush is half as large.
    expect(Math.max(...sizes.slice(20))).toBeLessThan(20)
  })

  it('is smaller than zlib with a sync flush for each event, once it has earned its header', () => {
    const ours = recorder()
    let theirs = 0
    let text = ''
    for (const [i, next] of FRAMES.entries()) {
      ours.write(next)
      // What zlib adds for one event: all of its text before is its dictionary.
      const dictionary = Buffer.from(text.slice(-32_768))
      theirs += deflateRawSync(next, {
        level: 6,
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(dictionary.length > 0 && { dictionary }),
      }).length
      text += next
      const allowed = i < 20 ? theirs + 40 : 0.9 * theirs
      expect([i, ours.sent() <= allowed]).toEqual([i, true])
    }
  })

  it('pushes the last bits out by the beginning of a comment, which ends with the next flush', () => {
    const stream = recorder()
    for (let i = 0; i < 40; i++) stream.write(frame(i, 'x'))
    const lines = stream
      .decoded()
      .split('\n')
      .filter((line) => !/^(id|event|data): |^$/.test(line))
    expect(lines.length).toBeGreaterThan(10)
    for (const line of lines) expect(line).toMatch(/^:{1,3}$/)
    stream.finish()
    expect(stream.decoded().endsWith('\n')).toBe(true)
  })

  it('never puts a comment into the middle of a line', () => {
    const stream = recorder()
    const parts = ['data: one', ' line', ' in', ' parts', '\n', '\n']
    for (const part of parts) stream.write(part)
    expect(stream.decoded()).toMatch(/^data: one line in parts\n(:+\n)?\n:*$/)
  })

  it('ends each flush with the marker where the client waits for it', () => {
    const stream = recorder('marker')
    for (const text of [...FRAMES, 'x'.repeat(9000), FRAMES[0]!]) {
      expect(stream.write(text).toString('hex').endsWith(MARKER)).toBe(true)
    }
    expect(stream.store('stored\n').toString('hex').endsWith(MARKER)).toBe(true)
    stream.finish()
    expect(stream.decoded()).toBe(`${FRAMES.join('')}${'x'.repeat(9000)}${FRAMES[0]}stored\n`)
  })

  it('sends an empty text as nothing, also while a comment is open', () => {
    const stream = recorder()
    expect(stream.write('').length).toBe(0)
    for (let i = 0; i < 10; i++) {
      stream.write(frame(i, 'y'))
      expect(stream.write('').length).toBe(0)
      expect(stream.store('').length).toBe(0)
    }
  })

  it('leaves a large text to zlib, within the same stream, and refers to it afterwards', () => {
    const stream = recorder()
    for (const text of FRAMES.slice(0, 50)) stream.write(text)
    const large = Array.from({ length: 1500 }, (_, i) => ((i * i * 7919) % 999_983).toString(36))
    const text = frame(51, large.join(' '))
    // zlib's own result without what came before, and the changes between the blocks.
    expect(stream.write(text).length).toBeLessThan(deflateRawSync(text).length + 20)
    expect(stream.write(`${large.slice(-40).join(' ')}\n`).length).toBeLessThan(15)
    expect(stream.decoded().includes(text)).toBe(true)
  })

  it('stores what codes would make larger, and begins anew after it', () => {
    const stream = recorder()
    stream.write(FRAMES[0]!)
    const noise = String.fromCharCode(
      ...Array.from({ length: 2000 }, (_, i) => ((i * i * 31) >> 3) & 0x7f),
    )
    const bytes = Buffer.from(Buffer.from(noise).map((byte, i) => byte ^ (i * 97))).toString(
      'latin1',
    )
    expect(stream.write(bytes).length).toBeLessThanOrEqual(Buffer.byteLength(bytes) + 16)
    stream.write(FRAMES[1]!)
    expect(stream.decoded().includes(bytes)).toBe(true)
    expect(stream.decoded().includes(FRAMES[1]!)).toBe(true)
  })

  it('refers to nothing that it has stored unread', () => {
    const stream = recorder()
    stream.store(FRAMES[0]!)
    const again = stream.write(FRAMES[0]!)
    expect(again.length).toBeGreaterThan(50)
    expect(stream.decoded().startsWith(FRAMES[0]! + FRAMES[0]!)).toBe(true)
  })

  it('sums up all that the decoder has seen, the comments too', () => {
    const stream = recorder()
    for (const text of FRAMES) stream.write(text)
    stream.write('z'.repeat(10_000))
    stream.store('as it is\n')
    for (const text of FRAMES.slice(0, 3)) stream.write(text)
    stream.finish()
    expect(stream.summed()).toBe(stream.decoded())
  })

  it('writes no more than it has said, for any texts', () => {
    const style = fc.constantFrom<FlushStyle>('comment', 'marker')
    const texts = fc.array(fc.tuple(anyFlush, fc.boolean()), { maxLength: 20 })
    fc.assert(
      fc.property(texts, style, (all, flush) => {
        const stream = recorder(flush)
        for (const [text, isBusy] of all) {
          const part = isBusy ? stream.store(text) : stream.write(text)
          expect(part.length).toBeLessThanOrEqual(DeflateStream.bound(Buffer.byteLength(text)))
        }
        expect(stream.finish().length).toBeLessThanOrEqual(DeflateStream.bound(0) - 8)
      }),
    )
  })

  it('holds at most 12 KiB of arrays', () => {
    const stream = new DeflateStream(
      { head: new Uint8Array(0), update() {}, tail: () => new Uint8Array(0) },
      'comment',
    )
    expect(stream.byteLength).toBeLessThanOrEqual(12 * 1024)
  })
})
