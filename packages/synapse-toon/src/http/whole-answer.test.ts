import { describe, expect, it } from 'vitest'
import { MemoryRecords } from '../log/memory-records.ts'
import { END_TEXTS, type EndReason } from '../stream/end-reason.ts'
import { terminalRecord } from '../stream/terminal-record.ts'
import { wholeAnswer } from './whole-answer.ts'

const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

function ended(reason: EndReason, payloads: readonly string[], usage?: unknown): MemoryRecords {
  const log = new MemoryRecords(STREAM_ID, undefined, 1000, () => {})
  for (const json of payloads) log.append({ seq: log.lastSeq + 1, event: 'update', json })
  const ending = { reason, error: undefined, chunks: payloads.length, usage }
  log.append(terminalRecord(log.lastSeq + 1, ending, undefined))
  return log
}

const read = async (log: MemoryRecords) => {
  const { status, json } = await wholeAnswer(log)
  return { status, document: JSON.parse(json) as unknown }
}

describe('wholeAnswer', () => {
  it('holds all payloads, how it ended, and the usage where there was one', async () => {
    const payloads = ['{"delta":"a"}', 'null', '"text"', '[1,2]']
    expect(await read(ended('complete', payloads, { total: 3 }))).toEqual({
      status: 200,
      document: {
        streamId: STREAM_ID,
        reason: 'complete',
        usage: { total: 3 },
        chunks: 4,
        payloads: [{ delta: 'a' }, null, 'text', [1, 2]],
      },
    })
  })

  it('of a stream with nothing in it has no payloads', async () => {
    expect(await read(ended('cancelled', []))).toEqual({
      status: 200,
      document: { streamId: STREAM_ID, reason: 'cancelled', chunks: 0, payloads: [] },
    })
  })

  it.each(Object.entries(END_TEXTS))(
    'of a stream that ended with %s has its status, its error and what there is',
    async (reason, { status, message, retryable }) => {
      expect(await read(ended(reason as EndReason, ['1']))).toEqual({
        status,
        document: {
          streamId: STREAM_ID,
          reason,
          error: { message, retryable },
          chunks: 1,
          payloads: [1],
        },
      })
    },
  )
})
