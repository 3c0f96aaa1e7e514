import { Buffer } from 'node:buffer'
import { constants, createGunzip, createInflate } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { mayExceedBy, PaddedText } from './compressor-suite.ts'
import { createCompressor } from './create-compressor.ts'
import type { FlushStyle } from './flush-style.ts'
import { SyncZlib } from './native/sync-zlib.ts'

/** Bytes of text for each way to flush and each wrapper, 12 million together. */
const BYTES = 3_000_000
/** Of one stream; many streams, because each begins anew. */
const STREAM_BYTES = 120_000

/** The same seed makes the same texts: `SYNAPSE_FUZZ_SEED=… npx vitest run …/fuzz.test.ts`. */
const seed = Number(process.env.SYNAPSE_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** Mulberry32. */
function createRandom(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const WORDS = [
  'the',
  ' stream',
  'ing',
  ' flüssig',
  '漢字',
  '。',
  '\\n\\n',
  ' 😀',
  '"',
  '}',
  ' 42',
  'const ',
]

/** Texts of one stream: mostly frames, with all that could upset an encoder between them. */
function* textsOf(random: () => number): Generator<string> {
  const below = (limit: number) => Math.floor(random() * limit)
  const words = (count: number) => Array.from({ length: count }, () => WORDS[below(WORDS.length)])
  const noise = (count: number, limit: number) =>
    String.fromCharCode(...Array.from({ length: count }, () => below(limit)))
  const id = Array.from({ length: 20 }, () => below(16).toString(16)).join('')
  for (let seq = 0; ; seq++) {
    const kind = random()
    const frame = (delta: string) => `id: ${id}-${seq}\ndata: ${JSON.stringify({ delta })}\n\n`
    if (kind < 0.7) yield frame(words(1 + below(3)).join(''))
    else if (kind < 0.78)
      yield Array.from({ length: below(30) }, () => frame(words(1).join(''))).join('')
    else if (kind < 0.82)
      yield frame(Buffer.from(noise(below(400), 256), 'latin1').toString('base64'))
    else if (kind < 0.86) yield noise(below(3500), 128)
    else if (kind < 0.9) yield noise(below(1500), 0x10000)
    else if (kind < 0.93) yield words(1)[0]!.repeat(below(1500))
    else if (kind < 0.95) yield ': ping\n'
    else if (kind < 0.96) yield noise(below(2), 128)
    else if (kind < 0.97) yield frame(words(below(4000)).join(''))
    else yield `${noise(1 + below(60), 128).repeat(below(80))}\n`
  }
}

const cases = (['comment', 'marker'] as const).flatMap((flush) =>
  (['gzip', 'deflate'] as const).map((encoding) => ({ flush, encoding })),
)

describe(`flush-split input against zlib's inflate, SYNAPSE_FUZZ_SEED=${seed}`, () => {
  it.each(cases)('every flush of $encoding by $flush comes out at once', ({ encoding, flush }) => {
    const random = createRandom(seed)
    let total = 0
    for (let stream = 0; total < BYTES; stream++) {
      try {
        total += runStream(encoding, flush, random)
      } catch (cause) {
        throw new Error(`stream ${stream} of SYNAPSE_FUZZ_SEED=${seed} failed`, { cause })
      }
    }
    expect(total).toBeGreaterThanOrEqual(BYTES)
  })
})

const decoded = Buffer.alloc(256 * 1024)

/** @returns bytes of its text */
function runStream(encoding: 'gzip' | 'deflate', flush: FlushStyle, random: () => number): number {
  const compressor = createCompressor(encoding, { flush, isBusy: () => random() < 0.01 })
  const decoder = new SyncZlib(encoding === 'gzip' ? createGunzip() : createInflate())
  const padded = new PaddedText()
  const decode = (part: Buffer) => {
    const end = decoder.write(constants.Z_SYNC_FLUSH, part, part.length, decoded, 0)
    return decoded.subarray(0, end)
  }
  let [taken, sent, calls] = [0, 0, 0]
  for (const text of textsOf(random)) {
    const utf8 = Buffer.from(text)
    const part = compressor.compress(text, utf8.length)
    padded.take(decode(part), utf8)
    taken += utf8.length
    sent += part.length
    calls++
    if (sent > taken + mayExceedBy(calls, taken)) throw new Error(`${sent} sent for ${taken}`)
    if (taken > STREAM_BYTES) break
  }
  padded.takeEnd(decode(compressor.finish()))
  decoder.close()
  compressor.close()
  return taken
}
