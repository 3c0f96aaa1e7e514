import { StreamFailedError, TruncatedStreamError } from './errors.ts'
import { fieldsOf, type Protocol } from './protocol.ts'

/** Ends that are events: of Anthropic's Messages, and of OpenAI's Responses, which sends no `[DONE]`. */
const END = /^(message_stop|response\.(completed|incomplete))$/

const ERROR = /^(error|response\.failed)$/

/** Error codes and types after which the same request may do. */
const RETRYABLE = /rate_limit|overloaded|server_error|api_error|timeout|unavailable|\b(429|5\d\d)\b/

/**
 * The streams of providers: OpenAI's Chat Completions, which `[DONE]` ends, its Responses, and Anthropic's
 * Messages. Events that are not known are handed on, since more kinds may come.
 */
export function createProviderProtocol(name: 'openai' | 'anthropic'): Protocol {
  /** By the index of a choice: whether its `finish_reason` has come. */
  const finished = new Map<unknown, unknown>()
  return {
    kind: 'provider',
    // What their own clients wait, for models that think long.
    idleMs: [600_000, 600_000],
    read({ event, data }, decode) {
      if (event === 'ping') return undefined
      if (name === 'openai' && data === '[DONE]') {
        // Some proxies write it behind whatever they have when their own upstream was cut. A choice
        // that says nothing of its end did not end.
        if ([...finished.values()].every(Boolean)) return { end: 'complete' }
        throw new TruncatedStreamError('[DONE] came before a finish_reason')
      }
      const payload = decode(data)
      const fields = fieldsOf(payload)
      const { type = event, error, choices, usage } = fields
      const response = fieldsOf(fields.response)
      if (error || ERROR.test(`${type}`) || event === 'error')
        throw failure(payload, response.error)
      const all = Array.isArray(choices) ? choices.map(fieldsOf) : []
      for (const { index, finish_reason } of all) {
        finished.set(index, finished.get(index) || finish_reason)
      }
      const delta = fieldsOf(all[0]?.delta ?? fields.delta)
      return {
        payload,
        // In the order of the three: a choice's, a `text_delta`'s, an `output_text`'s.
        text:
          delta.content ?? delta.text ?? (type === 'response.output_text.delta' && fields.delta),
        usage: usage ?? response.usage,
        end: END.test(`${type}`) ? 'complete' : undefined,
      }
    },
  }
}

/** The error of a provider: `{ error: { code, type, message } }`, the same without the outer, or a text. */
function failure(payload: unknown, inner: unknown): StreamFailedError {
  const error = inner ?? fieldsOf(payload).error ?? payload
  const { code, type, message = error } = fieldsOf(error)
  const reason = String(code ?? type ?? 'error')
  return new StreamFailedError(String(message), {
    reason,
    retryable: RETRYABLE.test(`${code} ${type}`),
    data: payload,
  })
}
