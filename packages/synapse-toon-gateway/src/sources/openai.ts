import { type ChatChunk, toPayload } from './chat-chunk.ts'
import { readChatStream, tryParse } from './chat-stream.ts'
import { readEvents } from './event-reader.ts'
import type { AnswerSource, ChatMessage } from './source.ts'
import {
  type Redact,
  UpstreamError,
  UpstreamTruncatedError,
  UpstreamUnreachableError,
  wordsOf,
} from './upstream-error.ts'

/** OpenAI's own address, for a key without one. */
const OPENAI_BASE_URL = 'https://api.openai.com/v1'

export interface OpenAiOptions {
  /** Default: OpenAI's own. */
  readonly baseUrl?: string
  /** Left out where the server asks for none. */
  readonly apiKey?: string
  readonly model: string
}

/** Any server that speaks OpenAI Chat Completions. */
export function createOpenAiSource(options: OpenAiOptions): AnswerSource<ChatChunk> {
  return {
    kind: 'openai',
    name: options.model,
    note: 'A model behind an OpenAI-compatible API.',
    open: (messages, { signal }) => ask(options, messages, signal),
    transform: toPayload,
  }
}

/**
 * A generator, so that waiting for the upstream's headers counts as waiting for the first chunk:
 * local servers send them only when the model is loaded and has its first token.
 */
async function* ask(
  options: OpenAiOptions,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): AsyncGenerator<ChatChunk, void, undefined> {
  // OpenAI and others repeat the key that they refuse.
  const redact: Redact = (words) =>
    options.apiKey === undefined ? words : words.replaceAll(options.apiKey, '[key]')
  const response = await post(options, messages, signal)
  if (!response.ok) throw await refusal(response, redact)
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/json')) {
    // The body is let go by the signal, which fires when a source has failed.
    throw new UpstreamError('the upstream answered with one JSON document, not with a stream')
  }
  if (response.body === null) throw new UpstreamTruncatedError()
  yield* readChatStream(readEvents(readBody(response.body, signal)), redact)
}

async function post(
  { baseUrl = OPENAI_BASE_URL, apiKey, model }: OpenAiOptions,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Accept: 'text/event-stream' }
  try {
    return await fetch(completionsUrl(baseUrl), {
      method: 'POST',
      headers: apiKey === undefined ? headers : { ...headers, Authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
      signal,
    })
  } catch (error) {
    if (signal.aborted) throw error
    throw new UpstreamUnreachableError(error)
  }
}

/** Keeps a query, where some providers want an API version. */
function completionsUrl(baseUrl: string): URL {
  const url = new URL(baseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`
  return url
}

/** A connection that breaks while the body is read is a cut answer, not a failure of ours. */
async function* readBody(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body
  } catch (error) {
    if (signal.aborted) throw error
    throw new UpstreamTruncatedError(error)
  }
}

/** Most that is read of an upstream's error page, in bytes: error bodies of APIs are far shorter. */
const MAX_ERROR_BYTES = 65_536

async function refusal(response: Response, redact: Redact): Promise<UpstreamError> {
  const { status, headers } = response
  const text = await readStart(response)
  const body = tryParse(text) ?? text
  const said = wordsOf(body)
  const message = `the upstream answered ${status}${said === undefined ? '' : `: ${redact(said)}`}`
  return new UpstreamError(message, { status, headers, body })
}

async function readStart({ body }: Response): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true })
      if (text.length >= MAX_ERROR_BYTES) break
    }
  } catch {
    // The status says enough; a body that broke off adds nothing.
  }
  return text
}
