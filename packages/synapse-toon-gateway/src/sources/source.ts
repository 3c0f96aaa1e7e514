import type { Chunks, SourceContext } from 'synapse-toon'

/** One turn of a conversation, as the OpenAI-compatible APIs name it. */
export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant'
  readonly content: string
}

/** What one `update` frame carries. */
export interface Payload {
  /** Text to append; always there, because the plainest client appends it without looking. */
  readonly delta: string
  /** Which of several choices; left out for the first. */
  readonly index?: number
  /** Text of a model's thinking, beside the answer. */
  readonly reasoning?: string
  /** Pieces of tool calls, as the provider sent them. */
  readonly tool_calls?: readonly unknown[]
  readonly finish_reason?: string
  readonly usage?: unknown
}

/** What answers the questions. One for each gateway; it serves all conversations. */
export interface AnswerSource<Chunk = unknown> {
  /** For machines: `assistant`, `openai`, `replay`, or one of your own. */
  readonly kind: string
  /** What it is called, for people. */
  readonly name: string
  /** One sentence on what answers, shown to whoever asks; no secrets, no addresses. */
  readonly note: string
  /** Begins one answer. Must stop when `context.signal` fires. */
  open(messages: readonly ChatMessage[], context: SourceContext): Chunks<Chunk>
  /** Turns a chunk of `open` into a payload; `undefined` skips it. */
  transform(chunk: Chunk): Payload | undefined
}
