import { uiMessageChunkSchema } from 'ai'
import { describe, expect, it } from 'vitest'
import { uiMessagePartType } from './ui-message-part.ts'

/** One of each kind that AI SDK 6 names, with no more than it must have. */
const PARTS = [
  { type: 'start' },
  { type: 'start-step' },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: '' },
  { type: 'text-end', id: 't' },
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: 'hm' },
  { type: 'reasoning-end', id: 'r' },
  { type: 'tool-input-start', toolCallId: 'c', toolName: 'n' },
  { type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '{' },
  { type: 'tool-input-available', toolCallId: 'c', toolName: 'n', input: {} },
  { type: 'tool-input-error', toolCallId: 'c', toolName: 'n', input: {}, errorText: 'e' },
  { type: 'tool-approval-request', approvalId: 'a', toolCallId: 'c' },
  { type: 'tool-output-available', toolCallId: 'c', output: 1 },
  { type: 'tool-output-error', toolCallId: 'c', errorText: 'e' },
  { type: 'tool-output-denied', toolCallId: 'c' },
  { type: 'source-url', sourceId: 's', url: 'https://example.org' },
  { type: 'source-document', sourceId: 's', mediaType: 'text/plain', title: 't' },
  { type: 'file', url: 'https://example.org', mediaType: 'image/png' },
  { type: 'data-weather', data: { degrees: 4 } },
  { type: 'message-metadata', messageMetadata: {} },
  { type: 'finish-step' },
  { type: 'finish' },
  { type: 'abort' },
  { type: 'error', errorText: 'e' },
]

/** Whether the AI SDK takes it: one that it does not take ends the stream at the client. */
async function isTaken(payload: unknown): Promise<boolean> {
  const result = await uiMessageChunkSchema().validate!(payload)
  return result.success
}

describe('uiMessagePartType', () => {
  it.each(PARTS)('knows $type, as the AI SDK does', async (part) => {
    expect(uiMessagePartType(part)).toBe(part.type)
    expect(await isTaken(part)).toBe(true)
  })

  it('takes no part for one that the AI SDK would not take, field by field', async () => {
    for (const part of PARTS) {
      for (const name of Object.keys(part)) {
        const without = { ...part, [name]: name === 'type' ? 'no-such-part' : 4 }
        if (uiMessagePartType(without) === undefined) continue
        expect(await isTaken(without), JSON.stringify(without)).toBe(true)
      }
    }
  })

  it.each([[{ type: 'constructor' }], [{ type: 4 }], [{ type: 'file' }], ['start'], [null], [[]]])(
    'takes %j for no part',
    (payload) => {
      expect(uiMessagePartType(payload)).toBeUndefined()
    },
  )
})
