import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeConnection } from '../../test/connection-kit.ts'
import { FakeSink } from '../../test/fake-sink.ts'
import { STREAM_ID } from '../../test/stream-kit.ts'
import type { MemoryRecords } from '../log/memory-records.ts'
import { nextTurn } from '../time/turn.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { optimalChunkSize } from './optimal-chunk-size.ts'

/** The frames of all records of a log, each as it goes on the wire. */
function framesOf(log: MemoryRecords): string[] {
  return Array.from({ length: log.lastSeq }, (_, index) =>
    frameRecord(STREAM_ID, log.at(index + 1)!, 'json'),
  )
}

/** For each write the frames in it; fails when a write does not end where a frame does. */
function framesPerWrite(writes: readonly string[], frames: readonly string[]): string[][] {
  const left = [...frames]
  return writes.map((write) => {
    const inside: string[] = []
    while (inside.join('').length < write.length) inside.push(left.shift()!)
    expect(write).toBe(inside.join(''))
    return inside
  })
}

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 9000 })),
  {
    maxLength: 60,
  },
)

describe('the flushes of a connection', () => {
  it('gather what is ready up to the optimal chunk size for the bytes sent so far', async () => {
    const run = async (payloadSizes: readonly number[]) => {
      const { connection, sink, append, log } = makeConnection({ isFirst: false })
      connection.start()
      append(...payloadSizes.map((size) => 'x'.repeat(size)))
      await nextTurn()
      const frames = framesOf(log)
      expect(sink.text).toBe(frames.join(''))
      let sent = 0
      let next = 0
      for (const inside of framesPerWrite(sink.writes, frames)) {
        const bytes = inside.join('').length
        const target = optimalChunkSize(sent)
        // Not more than the target, but for one frame that is larger; and not less, while there is.
        if (inside.length > 1) expect(bytes).toBeLessThanOrEqual(target)
        sent += bytes
        next += inside.length
        if (next < frames.length) expect(bytes + frames[next]!.length).toBeGreaterThan(target)
      }
    }
    await fc.assert(fc.asyncProperty(sizes, run), { numRuns: 100 })
  })

  it('put a thousand tokens of one turn into few writes', async () => {
    const { connection, sink, append } = makeConnection({ isFirst: false })
    connection.start()
    append(...Array.from({ length: 1000 }, (_, n) => ({ delta: `token ${n} ` })))
    await nextTurn()
    expect(sink.payloads).toHaveLength(1000)
    // About 90 bytes each: 512 and 2,048 at first, then 4,096 and at last 8,192 at once.
    expect(sink.writes.length).toBeLessThan(35)
  })
})

type Step = { readonly append: number[] } | { readonly take: number } | { readonly turn: true }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ append: sizes }),
    fc.record({ take: fc.integer({ min: 1, max: 20_000 }) }),
    fc.record({ turn: fc.constant(true as const) }),
  ),
  { maxLength: 30 },
)

describe('the unsent bytes of a connection', () => {
  it.each([1024, 4096, 65_536])(
    'are never more than a maxBufferSize of %i, but for one frame alone, and nothing is lost',
    async (maxBufferSize) => {
      const run = async (script: readonly Step[], highWaterMark: number) => {
        const sink = new FakeSink({ takesAll: false, highWaterMark })
        const { connection, append, end, log, wheel } = makeConnection({
          isFirst: false,
          sink,
          options: { maxBufferSize },
        })
        let unsentBefore = 0
        let tooMuch = 0
        const write = sink.write.bind(sink)
        sink.write = (text, bytes) => {
          unsentBefore = sink.unsentBytes()
          const wantsMore = write(text, bytes)
          const isOneFrame = text.indexOf('\n\n') === text.length - 2
          const isAlone = unsentBefore === 0 && isOneFrame
          if (sink.unsentBytes() > maxBufferSize && !isAlone) tooMuch++
          return wantsMore
        }
        connection.start()
        for (const step of script) {
          if ('append' in step) append(...step.append.map((size) => 'x'.repeat(size)))
          else if ('take' in step) sink.take(step.take)
          else await nextTurn()
        }
        end()
        await nextTurn()
        // Each take lets at least one more frame out.
        for (let left = log.lastSeq + 1; left > 0 && !sink.ended; left--) sink.take()
        sink.take()
        expect(tooMuch).toBe(0)
        expect(sink.text).toBe(framesOf(log).join(''))
        expect(await connection.done).toMatchObject({ reason: 'complete' })
        expect(wheel.size).toBe(0)
      }
      const highWaterMarks = fc.constantFrom(1, 1000, 16_384, 2 ** 30)
      await fc.assert(fc.asyncProperty(steps, highWaterMarks, run), { numRuns: 100 })
    },
  )
})
