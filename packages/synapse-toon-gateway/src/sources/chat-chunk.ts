import type { Payload } from './source.ts'

/**
 * A chunk of OpenAI Chat Completions, as far as it is read. Nothing of it is to be relied on:
 * Azure's first has no choices, the usage chunk has none either, and compatible servers leave out
 * or null what they please.
 */
export interface ChatChunk {
  readonly object?: unknown
  readonly choices?: unknown
  readonly usage?: unknown
}

interface Choice {
  readonly index?: unknown
  readonly delta?: Readonly<Record<string, unknown>> | null
  readonly finish_reason?: unknown
}

/** Whether a value says of itself that it is one. */
export function isChatChunk(value: unknown): boolean {
  return (value as ChatChunk | null)?.object === 'chat.completion.chunk'
}

/** @returns undefined for a chunk that holds nothing for a client, as a first one with only a role */
export function toPayload(chunk: ChatChunk): Payload | undefined {
  const [choice] = choicesOf(chunk)
  const delta = choice?.delta ?? {}
  const index = indexOf(choice)
  const content = text(delta.content)
  // DeepSeek and Azure say `reasoning_content`, Groq and OpenRouter `reasoning`.
  const reasoning = text(delta.reasoning_content) ?? text(delta.reasoning)
  const toolCalls = delta.tool_calls
  const payload = {
    ...(index > 0 && { index }),
    ...(reasoning !== undefined && { reasoning }),
    ...(Array.isArray(toolCalls) && toolCalls.length > 0 && { tool_calls: toolCalls }),
    ...(isFinished(choice) && { finish_reason: choice.finish_reason as string }),
    ...(isObject(chunk.usage) && { usage: chunk.usage }),
  }
  const isEmpty = content === undefined && Object.keys(payload).every((key) => key === 'index')
  return isEmpty ? undefined : { delta: content ?? '', ...payload }
}

/**
 * A payload carries one choice, so a chunk of several becomes several chunks. What belongs to the
 * whole chunk (`usage`) goes with the last.
 */
export function splitChoices(chunk: ChatChunk): readonly ChatChunk[] {
  const choices = choicesOf(chunk)
  if (choices.length <= 1) return [chunk]
  const last = choices.length - 1
  return choices.map((choice, at) => ({
    ...chunk,
    choices: [choice],
    usage: at === last ? chunk.usage : undefined,
  }))
}

/** Tells whether a stream that stops has said everything: each choice that began has finished. */
export class FinishWatch {
  readonly #open = new Set<number>()
  #anyFinished = false

  see(chunk: ChatChunk): void {
    for (const choice of choicesOf(chunk)) {
      if (isFinished(choice)) {
        this.#open.delete(indexOf(choice))
        this.#anyFinished = true
      } else this.#open.add(indexOf(choice))
    }
  }

  get isFinished(): boolean {
    return this.#anyFinished && this.#open.size === 0
  }
}

function choicesOf(chunk: ChatChunk): readonly Choice[] {
  return Array.isArray(chunk.choices) ? chunk.choices.filter(isObject) : []
}

function indexOf(choice: Choice | undefined): number {
  const index = choice?.index
  return Number.isSafeInteger(index) ? (index as number) : 0
}

function isFinished(choice: Choice | undefined): choice is Choice {
  return typeof choice?.finish_reason === 'string' && choice.finish_reason !== ''
}

/** Text that is there: an empty one adds nothing. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
