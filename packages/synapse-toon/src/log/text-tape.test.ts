import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextTape } from './text-tape.ts'

/** A tape, and what was put on it: each text with the addresses of its two ends. */
function tapeOf(texts: readonly string[]) {
  const tape = new TextTape()
  const written = texts.map((text) => {
    const from = tape.end
    tape.append(text, Buffer.byteLength(text))
    return { text, from, to: tape.end }
  })
  const read = ({ from, to }: { from: number; to: number }) => tape.read(from, to)
  return { tape, written, read }
}

const text = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.integer({ min: 1, max: 3000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 5000, max: 40_000 }).map((length) => 'é'.repeat(length)),
)

describe('TextTape', () => {
  it('gives back every text, of whatever characters and sizes', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        const { tape, written, read } = tapeOf(texts)
        expect(written.map(read)).toEqual(texts)
        expect(tape.end).toBe(Buffer.byteLength(texts.join('')))
      }),
      { numRuns: 60 },
    )
  })

  it('still has what is behind an address before which it dropped', () => {
    const texts = fc.array(text, { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { minLength: 1 }), (all, cuts) => {
        const { tape, written, read } = tapeOf(all)
        for (const cut of cuts.map((n) => n % all.length).sort((a, b) => a - b)) {
          tape.dropBefore(written[cut]!.from)
          expect(written.slice(cut).map(read)).toEqual(all.slice(cut))
        }
        tape.append('more', 4)
        expect(tape.read(tape.end - 4, tape.end)).toBe('more')
      }),
      { numRuns: 60 },
    )
  })
})
