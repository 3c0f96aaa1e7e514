import { fieldsOf } from './profile.ts'

/**
 * What a payload adds to the text of an answer, where it is a part of it: a string, a `delta`, the
 * text of an OpenAI chunk's first choice, of OpenAI's Responses, or of Anthropic's Messages.
 *
 * @returns undefined for anything else, which a profile must hand on in another way
 */
export function payloadText(payload: unknown): string | undefined {
  if (typeof payload === 'string') return payload
  const { type, delta, choices } = fieldsOf(payload)
  if (Array.isArray(choices)) return firstChoiceText(choices)
  if (type === 'content_block_delta') return stringOrNone(fieldsOf(delta).text)
  // Their arguments of functions and their reasoning are a string named `delta` too.
  const isResponses = typeof type === 'string' && type.startsWith('response.')
  if (isResponses && type !== 'response.output_text.delta') return undefined
  return stringOrNone(delta)
}

/** Of several answers at once, one: two in one text would be none. */
function firstChoiceText(choices: readonly unknown[]): string | undefined {
  const first = choices.map(fieldsOf).find(({ index }) => !index)
  return stringOrNone(fieldsOf(first?.delta).content)
}

function stringOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
