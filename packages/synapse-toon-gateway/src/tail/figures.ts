import type { StreamStats } from 'synapse-toon/client'
import { fieldsOf } from './payload-text.ts'

/** What was counted of a stream, so far or in all. */
export interface Figures
  extends Pick<StreamStats, 'events' | 'bytes' | 'resumes' | 'gaps' | 'dropped' | 'firstEventMs'> {
  /** Of all bodies, as they were on the network. */
  readonly wireBytes: number
  /** From the first event with content to the last, in ms. */
  readonly contentMs: number
  /** What the provider or our server says of tokens, in the shape of either. */
  readonly usage: unknown
}

/**
 * When it began, how fast it came, how much, and what happened on the way: in one line of a terminal of
 * 80 columns, as long as it is not of tokens.
 */
export function figuresLine(figures: Figures): string {
  const { firstEventMs, events, resumes, gaps, bytes, wireBytes } = figures
  const parts = [
    firstEventMs === undefined ? 'no event' : `first event ${duration(firstEventMs)}`,
    rated(events, 'event', events - 1, figures),
  ]
  const tokens = tokensOf(figures.usage)
  if (tokens !== undefined) parts.push(rated(tokens, 'token', tokens, figures))
  parts.push(`${size(bytes)} raw`, `${size(wireBytes)} wire`)
  parts.push(counted(resumes, 'resume'), counted(gaps, 'gap'))
  return parts.join(', ')
}

/** @param between how many came after the first event, which has no time of its own */
function rated(count: number, what: string, between: number, { contentMs }: Figures): string {
  const text = counted(count, what)
  if (contentMs <= 0 || between <= 0) return text
  const rate = (between * 1000) / contentMs
  return `${text} (${rate.toFixed(rate < 10 ? 1 : 0)}/s)`
}

/** OpenAI's `completion_tokens`, or `output_tokens` of its Responses and of Anthropic. */
function tokensOf(usage: unknown): number | undefined {
  const { completion_tokens, output_tokens } = fieldsOf(usage)
  const tokens = completion_tokens ?? output_tokens
  return typeof tokens === 'number' ? tokens : undefined
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

export function duration(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const kibibytes = bytes / 1024
  return kibibytes < 1024 ? `${kibibytes.toFixed(1)} KiB` : `${(kibibytes / 1024).toFixed(1)} MiB`
}
