import { describe, expect, it } from 'vitest'
import { asEvent, chunk, finish } from '../test-kit.ts'
import { RecordingError, readRecording } from './recording.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const lines = (...values: unknown[]) => encode(values.map((one) => JSON.stringify(one)).join('\n'))

describe('a recording', () => {
  it('of lines is one step for each, blank lines aside', () => {
    const content = encode(`${JSON.stringify(chunk('a'))}\r\n\r\n${JSON.stringify(finish())}\n`)
    expect(readRecording(content, '.jsonl')).toEqual([{ chunk: chunk('a') }, { chunk: finish() }])
  })

  it('of a response body is read as one: comments, [DONE], any line end', () => {
    const body = `: PROCESSING\r\n\r\n${asEvent(chunk('a'))}${asEvent('[DONE]')}${asEvent(chunk('b'))}`
    expect(readRecording(encode(body), '.SSE')).toEqual([{ chunk: chunk('a') }])
  })

  it('keeps a last event that lacks the blank line after it', () => {
    const body = asEvent(chunk('a')).trimEnd()
    expect(readRecording(encode(body), '.sse')).toEqual([{ chunk: chunk('a') }])
  })

  it('stops at an error that was sent in its middle, in both forms', () => {
    const error = { ...chunk(''), error: { message: 'Token limit reached', code: 400 } }
    const expected = [{ chunk: chunk('a') }, { error: { status: 400 } }]
    expect(readRecording(lines(chunk('a'), error, chunk('b')), '.jsonl')).toMatchObject(expected)
    const body = `${asEvent(chunk('a'))}event: error\n${asEvent(error)}${asEvent(chunk('b'))}`
    expect(readRecording(encode(body), '.sse')).toMatchObject(expected)
  })

  it.each([
    ['.txt', lines(chunk('a')), '.jsonl or .sse'],
    ['.jsonl', encode('{"object":\n'), 'line 1 holds no JSON object'],
    ['.sse', encode(`${asEvent(chunk('a'))}${asEvent('null')}`), 'event 2 holds no JSON object'],
    ['.jsonl', lines({ type: 'message_start' }), 'chat.completion.chunk'],
    ['.sse', encode(''), 'chat.completion.chunk'],
  ])('with the ending %s that is none says why', (extension, content, why) => {
    expect(() => readRecording(content, extension)).toThrow(RecordingError)
    expect(() => readRecording(content, extension)).toThrow(why)
  })
})
