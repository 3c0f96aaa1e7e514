/** Anthropic's Messages: all that they are made of, of which one part is text. */
const ANTHROPIC = /^(message|content_block)_(start|delta|stop)$/

/**
 * What a payload adds to the text of an answer: a `delta`, the content of the first choice of an OpenAI
 * chunk, the text of OpenAI's Responses or of Anthropic's Messages.
 *
 * @returns `''` for a part of one of these that is no text; undefined for anything else
 */
export function payloadText(payload: unknown): string | undefined {
  if (typeof payload === 'string') return payload
  const { delta, choices, type, index } = fieldsOf(payload)
  if (typeof type === 'string') {
    if (type.startsWith('response.')) return textIf(type === 'response.output_text.delta', delta)
    if (ANTHROPIC.test(type)) return textIf(true, fieldsOf(delta).text)
  }
  if (Array.isArray(choices)) {
    // Of several answers at once, one: two in one text would be none.
    const first = choices.map(fieldsOf).find((choice) => !choice.index)
    return textIf(true, fieldsOf(first?.delta).content)
  }
  if (typeof delta === 'string') return textIf(!index, delta)
  return undefined
}

function textIf(isText: boolean, value: unknown): string {
  return isText && typeof value === 'string' ? value : ''
}

/** The fields of a JSON object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
