export interface TokenUsage {
  readonly input: number | undefined
  readonly output: number | undefined
}

/**
 * Reads a provider's `usage`: OpenAI's Chat Completions say `prompt_tokens` and
 * `completion_tokens`; OpenAI's Responses and Anthropic `input_tokens` and `output_tokens`.
 */
export function tokenUsage(usage: unknown): TokenUsage {
  if (typeof usage !== 'object' || usage === null) return { input: undefined, output: undefined }
  const of = usage as Record<string, unknown>
  const input = count(of.prompt_tokens) ?? count(of.input_tokens)
  return {
    // Anthropic counts what it took from its cache apart; the convention counts all input.
    input: input === undefined ? undefined : input + cachedTokens(of),
    output: count(of.completion_tokens) ?? count(of.output_tokens),
  }
}

function cachedTokens(usage: Record<string, unknown>): number {
  return (
    (count(usage.cache_read_input_tokens) ?? 0) + (count(usage.cache_creation_input_tokens) ?? 0)
  )
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}
