/**
 * Joins two payloads that follow each other into one that says the same, or gives undefined where
 * that cannot be. Must not change its arguments. Used by `slowClient: 'merge'`, on payloads that
 * wait for a slow client.
 */
export type Merge = (first: unknown, second: unknown) => unknown

type Fields = Record<string, unknown>

/** Joins `{ delta: string }` payloads, where every other field of the two is null. */
export const mergeDelta: Merge = (first, second) => {
  if (!carriesOnly(first, 'delta') || !carriesOnly(second, 'delta')) return undefined
  return joined(first, second, 'delta')
}

/**
 * Joins chunks of OpenAI Chat Completions that carry nothing but text for one and the same choice.
 * The second chunk's other fields (`id`, `created`, `usage`, …) are kept.
 */
export const mergeOpenAiChunk: Merge = (first, second) => {
  const before = onlyChoice(first)
  const after = onlyChoice(second)
  if (before === undefined || after === undefined || before.index !== after.index) return undefined
  if (before.finish_reason || (first as Fields).usage) return undefined
  if (before.logprobs || after.logprobs) return undefined
  const delta = mergeContent(before.delta, after.delta)
  if (delta === undefined) return undefined
  return { ...(second as Fields), choices: [{ ...after, delta }] }
}

/** Joins `text_delta` events of Anthropic Messages for one and the same content block. */
export const mergeAnthropicDelta: Merge = (first, second) => {
  if (!isTextDelta(first) || !isTextDelta(second) || first.index !== second.index) return undefined
  const delta = joined(first.delta, second.delta, 'text')
  return delta && { ...second, delta }
}

/** Tries each of the ready ones: the default of the option `merge`. */
export const mergeText: Merge = (first, second) =>
  mergeDelta(first, second) ?? mergeOpenAiChunk(first, second) ?? mergeAnthropicDelta(first, second)

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function carriesOnly(value: unknown, key: string): value is Fields {
  if (!isFields(value)) return false
  return Object.entries(value).every(([name, field]) => name === key || field === null)
}

function joined(first: Fields, second: Fields, key: string): Fields | undefined {
  const before = first[key]
  const after = second[key]
  if (typeof before !== 'string' || typeof after !== 'string') return undefined
  return { ...second, [key]: before + after }
}

function onlyChoice(chunk: unknown): Fields | undefined {
  if (!isFields(chunk) || chunk.object !== 'chat.completion.chunk') return undefined
  const choices = chunk.choices
  if (!Array.isArray(choices) || choices.length !== 1 || !isFields(choices[0])) return undefined
  return choices[0]
}

/** A first delta may carry the role beside its text; anything else (tool calls) is left alone. */
function mergeContent(first: unknown, second: unknown): Fields | undefined {
  if (!isFields(first) || !carriesOnly(second, 'content')) return undefined
  if (Object.keys(first).some((key) => key !== 'content' && key !== 'role')) return undefined
  const content = joined(first, second, 'content')
  return content && { ...first, ...content }
}

function isTextDelta(value: unknown): value is Fields & { delta: Fields } {
  if (!isFields(value) || value.type !== 'content_block_delta') return false
  return isFields(value.delta) && value.delta.type === 'text_delta'
}
