/** Token counts as a person reads them, whatever names the provider gave them. */
export type Usage = { input?: number; output?: number }

/** One `update` frame's payload. */
export type Payload = {
  delta: string
  reasoning: string
  /** Which of several choices; the page shows choice 0. */
  index: number
  finishReason?: string
  usage?: Usage
}

/** The terminal frame of an answer that was not an error. */
export type Done = { reason: 'complete' | 'cancelled'; usage?: Usage }

/** The terminal `error` frame. */
export type Failure = { code: string; message: string; retryable: boolean }

/** Positions `from` to `to`, both included. */
export type Range = { from: number; to: number }

type Fields = Record<string, unknown>

/** @returns the payload, or undefined when `data` is not the JSON object the wire promises */
export function readPayload(data: string): Payload | undefined {
  const fields = readObject(data)
  if (typeof fields?.delta !== 'string') return undefined
  return {
    delta: fields.delta,
    reasoning: text(fields.reasoning) ?? '',
    index: count(fields.index) ?? 0,
    finishReason: text(fields.finish_reason),
    usage: readUsage(fields.usage),
  }
}

/** A `done` frame is an end even when its data cannot be read: only `cancelled` must be said. */
export function readDone(data: string): Done {
  const fields = readObject(data)
  return {
    reason: fields?.reason === 'cancelled' ? 'cancelled' : 'complete',
    usage: readUsage(fields?.usage),
  }
}

/** As `readDone`: an unreadable `error` frame is still an error. */
export function readFailure(data: string): Failure {
  const fields = readObject(data)
  return {
    code: text(fields?.code) ?? 'unknown',
    message: text(fields?.message) ?? 'The server gave no reason.',
    retryable: fields?.retryable === true,
  }
}

export function readGap(data: string): Range | undefined {
  const fields = readObject(data)
  const from = count(fields?.from)
  const to = count(fields?.to)
  return from === undefined || to === undefined || to < from ? undefined : { from, to }
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  // OpenAI, then Anthropic, then the AI SDK.
  const input = count(value.prompt_tokens ?? value.input_tokens ?? value.inputTokens)
  const output = count(value.completion_tokens ?? value.output_tokens ?? value.outputTokens)
  return input === undefined && output === undefined ? undefined : { input, output }
}

function readObject(data: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return isObject(value) ? value : undefined
  } catch {
    // Not JSON: every caller has a word for an unreadable frame.
    return undefined
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
