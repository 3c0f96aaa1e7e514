import fc from 'fast-check'
import { expect, it } from 'vitest'
import { frameRecord } from './record-frame.ts'
import { headPosition, restOfHead, updateHead } from './update-head.ts'

const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

const LAST = 2 ** 48 - 1

it('is what frameRecord writes before the payload, at any position', () => {
  const near = (seq: number) => fc.integer({ min: seq - 300, max: seq + 300 })
  const position = fc.oneof(
    fc.integer({ min: 1, max: LAST }),
    fc.integer({ min: 1, max: 600 }),
    near(2 ** 31),
    near(2 ** 32),
    near(2 ** 40),
  )
  fc.assert(
    fc.property(fc.array(position), (positions) => {
      for (const seq of [...positions, 1, 255, 256, 257, LAST]) {
        const head = updateHead(STREAM_ID, headPosition(seq)) + restOfHead(seq)
        const expected = frameRecord(STREAM_ID, { seq, event: 'update', json: '{}' }, 'json')
        expect(`${head}{}\n\n`).toBe(expected)
      }
    }),
  )
})
