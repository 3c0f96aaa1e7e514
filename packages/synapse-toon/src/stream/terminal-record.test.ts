import { describe, expect, it } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import { isTerminal } from '../wire/record.ts'
import { END_TEXTS, type EndReason } from './end-reason.ts'
import { type ErrorData, endReasonOf, terminalRecord } from './terminal-record.ts'

const ending = (reason: EndReason, rest: object = {}) => ({
  reason,
  error: undefined,
  chunks: 3,
  usage: undefined,
  ...rest,
})
const parse = (json: string) => JSON.parse(json) as unknown

const ABNORMAL = Object.keys(END_TEXTS) as ErrorData['code'][]

describe('endReasonOf', () => {
  it.each(['complete', 'cancelled', ...ABNORMAL] as const)('reads %s back', (reason) => {
    expect(endReasonOf(terminalRecord(1, ending(reason), undefined))).toBe(reason)
  })
})

describe('terminalRecord', () => {
  it.each(['complete', 'cancelled'] as const)('tells %s by a done record', (reason) => {
    const record = terminalRecord(4, ending(reason), undefined)
    expect(record).toEqual({ seq: 4, event: 'done', json: `{"reason":"${reason}","chunks":3}` })
    expect(isTerminal(record)).toBe(true)
  })

  it('tells the usage where there was one', () => {
    const record = terminalRecord(4, ending('complete', { usage: { total_tokens: 9 } }), undefined)
    expect(parse(record.json)).toEqual({
      reason: 'complete',
      chunks: 3,
      usage: { total_tokens: 9 },
    })
  })

  it.each(ABNORMAL)('tells %s by an error record with a text of ours', (reason) => {
    const error = new Error('Incorrect API key provided: sk-secret')
    const record = terminalRecord(4, ending(reason, { error }), undefined)
    expect(record.event).toBe('error')
    expect(isTerminal(record)).toBe(true)
    expect(record.json).not.toContain('sk-secret')
    expect(parse(record.json)).toEqual({
      code: reason,
      message: END_TEXTS[reason].message,
      retryable: END_TEXTS[reason].retryable,
    })
  })

  it.each([
    [429, true],
    [500, true],
    [400, false],
    [undefined, false],
  ])('calls a source that failed with %s retryable: %s', (status, retryable) => {
    const record = terminalRecord(1, ending('source-error', { error: { status } }), undefined)
    expect(parse(record.json)).toMatchObject({ message: 'Stream failed', retryable })
  })

  it('sends what exposeError says of a failed source, and of nothing else', () => {
    const error = new Error('model is overloaded')
    const expose = (failure: unknown) => `Sorry: ${(failure as Error).message}`
    const failed = terminalRecord(1, ending('source-error', { error }), expose)
    expect(parse(failed.json)).toMatchObject({ message: 'Sorry: model is overloaded' })
    const late = terminalRecord(1, ending('deadline', { error }), expose)
    expect(parse(late.json)).toMatchObject({ message: END_TEXTS.deadline.message })
  })

  it('sends our text, and warns, when exposeError throws', async () => {
    const warnings = listenToWarnings()
    const record = terminalRecord(1, ending('source-error'), () => {
      throw new Error('bug')
    })
    expect(parse(record.json)).toMatchObject({ code: 'source-error', message: 'Stream failed' })
    expect(await warnings()).toEqual(['SYNAPSE_EXPOSE_ERROR'])
  })

  it('sends text whatever exposeError gives', () => {
    const record = terminalRecord(1, ending('source-error'), (() => 42) as never)
    expect(parse(record.json)).toMatchObject({ message: '42' })
  })
})
