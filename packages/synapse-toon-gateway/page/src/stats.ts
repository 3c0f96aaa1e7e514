import type { Answer } from './answer-state.ts'
import type { Usage } from './frames.ts'
import { seconds } from './note-text.ts'

/** One measured value under an answer. */
export type Stat = { label: string; value: string; title?: string }

/** What can be said of an answer so far; a value that is not known is left out. */
export function statsOf(answer: Answer): Stat[] {
  const { startedAt, firstTokenAt, lastEventAt, endedAt, streamId, usage } = answer
  const until = endedAt ?? lastEventAt
  const stats: (Stat | undefined)[] = [
    stat('first token', firstTokenAt, (at) => milliseconds(at - startedAt)),
    stat('duration', until, (at) => durationText(at - startedAt)),
    stat('events', answer.events || undefined, String),
    rate(answer),
    stat('tokens', usage, tokensText),
    // "stop" is the ordinary end and says nothing.
    stat('finish', answer.finishReason === 'stop' ? undefined : answer.finishReason, String),
    streamId === undefined
      ? undefined
      : { label: 'stream', value: streamId.slice(0, 8), title: `Stream ${streamId}` },
  ]
  return stats.filter((entry) => entry !== undefined)
}

// From the first event to the last: waiting for the first one is another figure. With n events
// there are n - 1 intervals; tokens are only known as a total, and an event may hold several.
function rate({ firstEventAt, lastEventAt, events, usage }: Answer): Stat | undefined {
  const span = ((lastEventAt ?? 0) - (firstEventAt ?? 0)) / 1000
  if (events < 2 || span <= 0) return undefined
  return usage?.output !== undefined
    ? { label: 'tokens/s', value: rounded(usage.output / span) }
    : { label: 'events/s', value: rounded((events - 1) / span) }
}

function stat<T>(label: string, value: T | undefined, show: (value: T) => string) {
  return value === undefined ? undefined : { label, value: show(value) }
}

function tokensText({ input, output }: Usage): string {
  const counts = [
    input === undefined ? '' : `${grouped(input)} in`,
    output === undefined ? '' : `${grouped(output)} out`,
  ]
  return counts.filter(Boolean).join(', ')
}

function durationText(ms: number): string {
  return ms < 1000 ? milliseconds(ms) : seconds(ms)
}

function milliseconds(ms: number): string {
  return `${grouped(Math.round(ms))} ms`
}

function rounded(value: number): string {
  return value < 10 ? value.toFixed(1) : grouped(Math.round(value))
}

function grouped(value: number): string {
  return value.toLocaleString('en')
}
