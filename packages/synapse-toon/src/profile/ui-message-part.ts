import { fieldsOf } from './profile.ts'

/** The parts that AI SDK 6 reads, and the fields that must be strings in each. */
const STRINGS: Readonly<Record<string, readonly string[]>> = {
  start: [],
  'start-step': [],
  'text-start': ['id'],
  'text-delta': ['id', 'delta'],
  'text-end': ['id'],
  'reasoning-start': ['id'],
  'reasoning-delta': ['id', 'delta'],
  'reasoning-end': ['id'],
  'tool-input-start': ['toolCallId', 'toolName'],
  'tool-input-delta': ['toolCallId', 'inputTextDelta'],
  'tool-input-available': ['toolCallId', 'toolName'],
  'tool-input-error': ['toolCallId', 'toolName', 'errorText'],
  'tool-approval-request': ['approvalId', 'toolCallId'],
  'tool-output-available': ['toolCallId'],
  'tool-output-error': ['toolCallId', 'errorText'],
  'tool-output-denied': ['toolCallId'],
  'source-url': ['sourceId', 'url'],
  'source-document': ['sourceId', 'mediaType', 'title'],
  file: ['url', 'mediaType'],
  'message-metadata': [],
  'finish-step': [],
  finish: [],
  abort: [],
  error: ['errorText'],
}

/**
 * The type of a payload that is a part of an AI SDK UI message stream already; undefined for others.
 * A type alone does not make one: a part that lacks a field ends the whole stream at the client.
 */
export function uiMessagePartType(payload: unknown): string | undefined {
  const fields = fieldsOf(payload)
  const { type } = fields
  if (typeof type !== 'string') return undefined
  if (type.startsWith('data-')) return 'data' in fields ? type : undefined
  const strings = Object.hasOwn(STRINGS, type) ? STRINGS[type] : undefined
  return strings?.every((name) => typeof fields[name] === 'string') ? type : undefined
}
