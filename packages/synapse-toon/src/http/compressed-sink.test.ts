import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createCompressor } from '../compress/create-compressor.ts'
import type { PlainAnswer, Sink, SinkEvents } from '../stream/sink.ts'
import { CompressedSink, type CompressorSource } from './compressed-sink.ts'

/** Takes bytes, and closes when it is told to. */
class ByteSink implements Sink {
  closed = false
  readonly pieces: Uint8Array[] = []
  committed: readonly (readonly [string, string])[] = []
  answered: PlainAnswer | undefined
  ended = false
  events: SinkEvents | undefined

  listen(events: SinkEvents): void {
    this.events = events
  }
  commit(headers: readonly (readonly [string, string])[]): void {
    this.committed = headers
  }
  answer(answer: PlainAnswer): void {
    this.answered = answer
  }
  write(data: string | Uint8Array, bytes: number): boolean {
    expect(data).toHaveLength(bytes)
    this.pieces.push(data as Uint8Array)
    return this.pieces.length < 3
  }
  unsentBytes(): number {
    return 7
  }
  progress(): number {
    return 8
  }
  end(): void {
    this.ended = true
  }
  destroy(): void {
    this.close(false)
  }
  close(served: boolean): void {
    this.closed = true
    this.events?.onClose(served)
  }
}

function compress() {
  const inner = new ByteSink()
  const heard: string[] = []
  let open = 0
  const source: CompressorSource = {
    open(encoding, flush) {
      open++
      return createCompressor(encoding, { flush })
    },
    close: () => void open--,
  }
  const sink = new CompressedSink(inner, source, 'gzip', 'comment')
  sink.listen({
    onDrain: () => heard.push('drain'),
    onClose: (served) => heard.push(`closed ${served} ${sink.wire?.state}`),
  })
  return { inner, sink, heard, open: () => open }
}

const FRAME = 'id: 1\nevent: update\ndata: {"delta":"a"}\n\n'

describe('CompressedSink', () => {
  it('says what it does in a header, compresses all writes into one body, and ends it', () => {
    const { inner, sink, open } = compress()
    sink.commit([['X-Test', 'yes']])
    expect(inner.committed).toEqual([
      ['X-Test', 'yes'],
      ['Content-Encoding', 'gzip'],
    ])
    for (let n = 0; n < 3; n++) expect(sink.write(FRAME, FRAME.length)).toBe(n < 2)
    sink.end()
    expect(inner.ended).toBe(true)
    const text = gunzipSync(Buffer.concat(inner.pieces)).toString()
    expect(text.replace(/^:?\n/gm, '').replaceAll('\n', '')).toContain(
      FRAME.replaceAll('\n', '').repeat(1),
    )
    const sent = inner.pieces.reduce((sum, { length }) => sum + length, 0)
    expect(sink.wire).toEqual({ encoding: 'gzip', state: 'active', bytes: sent })
    inner.close(true)
    expect(open()).toBe(0)
  })

  it('passes on what it is asked and told', () => {
    const { inner, sink, heard } = compress()
    sink.commit([])
    expect([sink.unsentBytes(), sink.progress(), sink.closed]).toEqual([7, 8, false])
    inner.events!.onDrain()
    sink.destroy()
    expect(heard).toEqual(['drain', 'closed false active'])
    expect(sink.closed).toBe(true)
  })

  it('writes nothing once it is closed', () => {
    const { inner, sink } = compress()
    sink.commit([])
    inner.close(false)
    expect(sink.write(FRAME, FRAME.length)).toBe(true)
    sink.end()
    expect(inner.pieces).toEqual([])
    expect(inner.ended).toBe(false)
  })

  it('answers without a stream as it is, with no compressor', () => {
    const { inner, sink, heard, open } = compress()
    const answer = { status: 429, headers: [], body: '{}' }
    sink.answer(answer)
    expect(inner.answered).toBe(answer)
    inner.close(true)
    expect(heard).toEqual(['closed true undefined'])
    expect([open(), sink.wire]).toEqual([0, undefined])
  })
})
