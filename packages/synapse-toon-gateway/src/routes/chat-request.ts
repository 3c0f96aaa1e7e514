import { z } from 'zod'
import type { ChatMessage } from '../sources/source.ts'
import { issuePath, issueProblem } from '../zod-issue.ts'
import { RequestError } from './request-error.ts'

/** Longest message, in bytes of UTF-8: some 8,000 tokens, more than a person types. */
export const MAX_MESSAGE_BYTES = 32_768

/** Most turns of a conversation; all of them must also fit Fastify's limit for a body, 1 MiB. */
const MAX_MESSAGES = 500

const ROLES = ['system', 'developer', 'user', 'assistant'] as const

const NOT_EMPTY = 'must be text that is not empty'

const messageSchema = z
  .string(NOT_EMPTY)
  .regex(/\S/, NOT_EMPTY)
  .refine((message) => Buffer.byteLength(message) <= MAX_MESSAGE_BYTES, {
    error: ({ input }) =>
      `must be at most ${MAX_MESSAGE_BYTES} bytes of UTF-8 (this one has ${Buffer.byteLength(String(input))}: shorten it)`,
  })

const chatMessageSchema = z.strictObject(
  {
    role: z.enum(ROLES, `must be one of ${ROLES.join(', ')}`),
    content: messageSchema,
  },
  'must be an object { role, content }',
)

const messagesSchema = z
  .array(chatMessageSchema, 'must be a list of { role, content }')
  .min(1, 'must have at least one message')
  .max(MAX_MESSAGES, `must have at most ${MAX_MESSAGES} messages; leave out the oldest`)
  .refine((messages) => messages.some(({ role }) => role === 'user'), {
    error: 'must have a message of the role user: it is what is answered',
  })

const bodySchema = z
  .strictObject(
    { message: messageSchema.optional(), messages: messagesSchema.optional() },
    'must be a JSON object',
  )
  .refine(({ message, messages }) => (message === undefined) !== (messages === undefined), {
    error: 'must have either message or messages',
  })

/** Other parameters (`encoding`, `lastEventId`) are the library's. */
const querySchema = z.object({ message: messageSchema })

/** @throws {RequestError} 400 that names the parameter, its value and the cure */
export function readChatQuery(query: unknown): readonly ChatMessage[] {
  const { message } = check(querySchema, query, 'ask /chat/stream?message=<your question>')
  return [{ role: 'user', content: message }]
}

/** @throws {RequestError} 400 that names the field, its value and the cure */
export function readChatBody(body: unknown): readonly ChatMessage[] {
  const cure = 'send { "message": "…" } or { "messages": [{ "role": "user", "content": "…" }] }'
  const { message, messages } = check(bodySchema, body, cure)
  return messages ?? [{ role: 'user', content: message! }]
}

function check<Value>(schema: z.ZodType<Value>, input: unknown, cure: string): Value {
  const { data, error } = schema.safeParse(input, { reportInput: true })
  if (error === undefined) return data
  const issue = error.issues[0]!
  const name = issuePath(issue) || 'body'
  throw new RequestError(400, `${name} ${issueProblem(issue)}; ${cure}`)
}
