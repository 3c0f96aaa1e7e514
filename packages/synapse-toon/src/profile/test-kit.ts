import type { LogRecord } from '../wire/record.ts'
import { parsePieces, utf8 } from '../wire/test-kit.ts'
import type { Profile } from './profile.ts'

export const STREAM = { streamId: '5f0c7a52-91d3-8e14-b0a6', created: 1_700_000_000 }

export const COMPLETE = { event: 'done', data: { reason: 'complete', chunks: 1 } } as const
export const CANCELLED = { event: 'done', data: { reason: 'cancelled', chunks: 1 } } as const

/** The end of a stream that did not come to its own. */
export function failure(code: string, retryable: boolean) {
  return { event: 'error', data: { code, message: `it is ${code}`, retryable } } as const
}

interface End {
  readonly event: 'done' | 'error'
  readonly data: object
}

/**
 * What a client reads of payloads and an end in a profile: the data of each event, parsed where it is
 * JSON. Fails where an event has a name or an id, which these clients must not get.
 */
export function readProfile(profile: Profile, payloads: readonly unknown[], end?: End): unknown[] {
  const records: LogRecord[] = payloads.map((payload, n) => ({
    seq: n + 1,
    event: 'update',
    json: JSON.stringify(payload),
  }))
  if (end !== undefined) {
    const json = JSON.stringify(end.data)
    records.push({ seq: records.length + 1, event: end.event, json })
  }
  let state = 0
  let text = ''
  for (const record of records) {
    const framed = profile.frame(STREAM, record, state)
    if (framed.text === '') throw new Error(`no bytes for ${record.json}`)
    text += framed.text
    state = framed.state
  }
  return parsePieces([utf8(text)]).events.map(({ event, id, data }) => {
    if (event !== 'message' || id) throw new Error(`event ${event} with id ${id}`)
    return data === '[DONE]' ? data : (JSON.parse(data) as unknown)
  })
}
