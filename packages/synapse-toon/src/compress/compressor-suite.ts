import { Buffer } from 'node:buffer'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Compressor, Envelope } from './compressor.ts'
import type { ContentEncoding } from './content-encoding.ts'
import { ZSTD } from './native/codecs.ts'

const { constants } = zlib

/** What a client makes of the bytes that it has so far, by the decoders of Node. */
function decodeSoFar(encoding: ContentEncoding, bytes: Uint8Array): Buffer {
  switch (encoding) {
    case 'gzip':
      return zlib.gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
    case 'deflate':
      return zlib.inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
    case 'br':
      return zlib.brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH })
    case 'zstd':
      return ZSTD!.decode(bytes)
  }
}

/** The same for all bytes; throws where the end or the checksum is not right. */
function decodeAll(encoding: ContentEncoding, bytes: Uint8Array): Buffer {
  switch (encoding) {
    case 'gzip':
      return zlib.gunzipSync(bytes)
    case 'deflate':
      return zlib.inflateSync(bytes)
    case 'br':
      return zlib.brotliDecompressSync(bytes)
    case 'zstd':
      return ZSTD!.decodeAll(bytes)
  }
}

/**
 * Holds decoded text to what was written, where a flush may be followed by the beginning of a
 * comment (`:`, `::` or `:::`) that ends before the next text. Its colons may come out with the
 * flush or with the next one, since nobody waits for them. Anything else is an error.
 */
export class PaddedText {
  /** A comment was seen to begin. */
  #inComment = false

  /** @param decoded what came out since the last call */
  take(decoded: Buffer, text: Buffer): void {
    // Asks for nothing, and leaves a comment open.
    if (text.length === 0 && decoded.length === 0) return
    // A text may begin like the end of a comment: all ways to read it are tried.
    for (let start = 0; start <= 4; start++) {
      const end = start + text.length
      if (!this.#isEndOfComment(decoded.subarray(0, start))) continue
      // Not `toEqual`: it would print megabytes.
      if (!decoded.subarray(start, end).equals(text)) continue
      const comment = decoded.subarray(end).toString('latin1')
      if (!/^:{0,3}$/.test(comment)) continue
      this.#inComment = comment !== ''
      return
    }
    throw new Error(`written ${inspect(text)}, decoded ${inspect(decoded)}`)
  }

  takeEnd(decoded: Buffer): void {
    if (!this.#isEndOfComment(decoded)) throw new Error(`at the end ${inspect(decoded)}`)
  }

  #isEndOfComment(decoded: Buffer): boolean {
    const text = decoded.toString('latin1')
    return this.#inComment ? /^:{0,2}\n$/.test(text) : /^(:{1,3}\n)?$/.test(text)
  }
}

function inspect(bytes: Buffer): string {
  const ends = bytes.length > 80 ? [bytes.subarray(0, 40), bytes.subarray(-40)] : [bytes]
  return `${bytes.length} bytes ${ends.map((part) => JSON.stringify(part.toString())).join(' … ')}`
}

/** Bytes that a stream may be longer than its text: for itself, for each call, for each 64 KiB. */
export function mayExceedBy(calls: number, bytes: number): number {
  return 18 + 16 * calls + 16 * Math.ceil(bytes / 0x1_0000)
}

/** Writes texts and checks after each that it can be decoded at once, and how much was sent. */
function checkRun(compressor: Compressor, texts: readonly string[]): void {
  const { encoding } = compressor
  const padded = new PaddedText()
  let sent = Buffer.alloc(0)
  let known = 0
  let taken = 0
  for (const [i, text] of texts.entries()) {
    const utf8 = Buffer.from(text)
    sent = Buffer.concat([sent, compressor.compress(text, utf8.length)])
    // Before the first text, a decoder has nothing to begin with.
    const decoded = sent.length === 0 ? sent : decodeSoFar(encoding, sent)
    padded.take(decoded.subarray(known), utf8)
    known = decoded.length
    taken += utf8.length
    expect(sent.length).toBeLessThanOrEqual(taken + mayExceedBy(i + 1, taken))
  }
  sent = Buffer.concat([sent, compressor.finish()])
  padded.takeEnd(decodeAll(encoding, sent).subarray(known))
  expect(compressor.bytesIn).toBe(taken)
  expect(compressor.bytesOut).toBe(sent.length)
  compressor.close()
}

const frame = (delta: string) => `id: 7\nevent: update\ndata: ${JSON.stringify({ delta })}\n\n`

/** Any UTF-16, half surrogate pairs too. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
  .map((units) => String.fromCharCode(...units))
const randomBytes = (max: number) => fc.uint8Array({ minLength: 1, maxLength: max })
const base64 = randomBytes(6000).map((bytes) => Buffer.from(bytes).toString('base64'))

/** Texts as they come in streams, and as they should not. */
export const anyFlush = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 12 }).map(frame) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }).map(frame) },
  { weight: 1, arbitrary: base64.map(frame) },
  { weight: 1, arbitrary: base64 },
  { weight: 2, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constantFrom('', '\n', ':', ': ping\n', '\0', 'data: ', '\r\n\r\n') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 4000 }))
      .map(([text, times]) => text.repeat(times)),
  },
)

/** What every encoder must hold, however it was made. */
export function describesCompressor(create: () => Compressor): void {
  it('makes all text decodable at once, and the end valid, for any texts and flushes', () => {
    fc.assert(
      fc.property(fc.array(anyFlush, { maxLength: 24 }), (texts) => checkRun(create(), texts)),
      { numRuns: 150 },
    )
  })

  it('is never larger than its text by more than some bytes a flush, for incompressible text', () => {
    fc.assert(
      fc.property(fc.array(randomBytes(9000), { maxLength: 30 }), (all) => {
        // Latin-1 characters: each is one or two bytes that say nothing of the next.
        checkRun(
          create(),
          all.map((bytes) => Buffer.from(bytes).toString('latin1')),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('is a valid stream when nothing was written', () => {
    checkRun(create(), [])
    checkRun(create(), [''])
  })

  it('carries a text of a megabyte, compressible or not, and frames after it', () => {
    const noise = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * i * 31) >> 7))
    const large = [noise.toString('base64'), noise.toString('latin1'), frame('x').repeat(20_000)]
    for (const text of large) checkRun(create(), [frame('a'), text, frame('b'), frame('c')])
  })

  it('puts envelopes around what it gives, and nobody else writes to what was returned', () => {
    const compressor = create()
    const envelope: Envelope = {
      before: 6,
      after: 2,
      seal(target, start, end) {
        target.fill(0xaa, start - 6, start)
        target.fill(0xbb, end, end + 2)
        return start - 6
      },
    }
    const parts = Array.from({ length: 2000 }, (_, i) => {
      const text = frame(`${i}`)
      return compressor.compress(text, text.length, envelope)
    })
    parts.push(compressor.finish(envelope))
    for (const part of parts) {
      expect(part.toString('hex', 0, 6)).toBe('aa'.repeat(6))
      expect(part.toString('hex', part.length - 2)).toBe('bb'.repeat(2))
    }
    const sent = Buffer.concat(parts.map((part) => part.subarray(6, part.length - 2)))
    const text = decodeAll(compressor.encoding, sent).toString().replaceAll(/^:+\n/gm, '')
    expect(text).toBe(Array.from({ length: 2000 }, (_, i) => frame(`${i}`)).join(''))
    expect(compressor.bytesOut).toBe(sent.length)
    compressor.close()
  })
}
