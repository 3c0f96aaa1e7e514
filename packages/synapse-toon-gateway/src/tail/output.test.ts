import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createOutput } from './output.ts'

const soon = () => new Promise((resolve) => setImmediate(resolve))

async function isSettled(promise: Promise<void> | undefined): Promise<boolean> {
  let is = promise === undefined
  void promise?.then(() => {
    is = true
  })
  await soon()
  return is
}

/** Takes what it is given when a test says so. */
function slowStream(highWaterMark: number) {
  const waiting: (() => void)[] = []
  const stream = new Writable({
    highWaterMark,
    write: (_chunk, _encoding, done) => void waiting.push(done),
  })
  return {
    stream,
    async takeAll() {
      for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) {
        done()
        await soon()
      }
    },
  }
}

describe('an output', () => {
  it('waits while whoever reads does not', async () => {
    const { stream, takeAll } = slowStream(4)
    const output = createOutput(stream)
    expect(output.write('ab')).toBeUndefined()
    const first = output.write('cd')
    const second = output.write('ef')
    expect(await isSettled(first)).toBe(false)
    expect(await isSettled(second)).toBe(false)
    await takeAll()
    await first
    await second
    expect(output.write('gh')).toBeUndefined()
  })

  it('is flushed when all was taken, also where nobody was told to wait', async () => {
    const { stream, takeAll } = slowStream(100)
    const output = createOutput(stream)
    expect(output.flush()).toBeUndefined()
    output.write('a')
    const flushed = output.flush()
    expect(await isSettled(flushed)).toBe(false)
    await takeAll()
    await flushed
    expect(stream.writableLength).toBe(0)
  })

  it('whose reader leaves says so once, lets go of all who wait, and takes nothing more', async () => {
    let told = 0
    const written: unknown[] = []
    const stream = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        written.push(String(chunk))
        setImmediate(() => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })))
      },
    })
    const output = createOutput(stream, () => told++)
    await output.write('a')
    stream.write = () => {
      throw new Error('written to after its end')
    }
    expect(output.failure?.code).toBe('EPIPE')
    expect(output.write('b')).toBeUndefined()
    expect(output.flush()).toBeUndefined()
    stream.emit('error', new Error('again'))
    expect(output.failure?.code).toBe('EPIPE')
    expect(told).toBe(1)
    expect(written).toEqual(['a'])
  })

  it('that is abandoned lets go of who waits, and waits no more', async () => {
    const stream = new PassThrough({ highWaterMark: 1 })
    const output = createOutput(stream)
    const waiting = output.write('abc')
    output.abandon()
    await waiting
    expect(output.write('d')).toBeUndefined()
    expect(output.flush()).toBeUndefined()
    stream.end()
    expect(await text(stream)).toBe('abcd')
  })

  it('leaves nothing behind on the stream', () => {
    const stream = new PassThrough()
    const before = stream.eventNames().map((name) => stream.listenerCount(name))
    createOutput(stream).release()
    expect(stream.eventNames().map((name) => stream.listenerCount(name))).toEqual(before)
  })

  it('needs no more than `write`', () => {
    const written: unknown[] = []
    const output = createOutput({ write: (text) => void written.push(text) })
    output.write('a')
    expect(output.flush()).toBeUndefined()
    output.release()
    expect(written).toEqual(['a'])
  })
})
