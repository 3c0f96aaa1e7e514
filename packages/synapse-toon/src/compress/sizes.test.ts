import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frameRecord } from '../wire/record-frame.ts'
import { createCompressor } from './create-compressor.ts'

interface Answer {
  /** As the provider sent them. */
  readonly events: readonly string[]
  /** Text of each token. */
  readonly deltas: readonly string[]
}

/** Bytes sent as a share of the text, in percent, heads and ends included. */
function shareSent(streams: readonly (readonly string[])[], group: number): number {
  let [taken, sent] = [0, 0]
  for (const events of streams) {
    const compressor = createCompressor('gzip')
    for (let at = 0; at < events.length; at += group) {
      const text = events.slice(at, at + group).join('')
      compressor.compress(text, Buffer.byteLength(text))
    }
    compressor.finish()
    taken += compressor.bytesIn
    sent += compressor.bytesOut
  }
  return (100 * sent) / taken
}

const asFrames = (deltas: readonly string[]) =>
  deltas.map((delta, i) =>
    frameRecord(
      '5f0c7a52-91d3-8e14-b0a6',
      { seq: i + 1, event: 'update', json: JSON.stringify({ delta }) },
      'json',
    ),
  )

const own: Answer[] = ['README.md', 'CONTRIBUTING.md'].map((file) => {
  const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8')
  const deltas = text.match(/ ?[a-zA-Z]+|\s+|[^a-zA-Z\s]+/g)!
  const head = {
    id: 'chatcmpl-Bq7XcYtW2mRkP0vLs9ZdHnE4uGaJf',
    object: 'chat.completion.chunk',
    created: 1_750_000_000,
    model: 'some-model-2025-01-01',
    service_tier: 'default',
    system_fingerprint: 'fp_0123456789',
  }
  const events = deltas.map((content) => {
    const choices = [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }]
    return `data: ${JSON.stringify({ ...head, choices, usage: null })}\n\n`
  })
  return { events, deltas }
})

/** The recordings in OpenAI's format; none where there are no recordings. */
function recorded(folder = process.env.SYNAPSE_TRACES): Answer[] {
  if (!folder) return []
  const files = readdirSync(folder).filter((file) => /\.(jsonl|sse)$/.test(file))
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    if (!text.includes('"chat.completion.chunk"')) return []
    const events = file.endsWith('.jsonl')
      ? text
          .trim()
          .split('\n')
          .map((json) => `data: ${json}\n\n`)
      : text.split(/(?<=\n\n)/)
    const chunks = events.flatMap((event) => event.match(/^data: (\{.*)$/m)?.[1] ?? [])
    const deltas = chunks.map((json) => {
      const delta = JSON.parse(json).choices?.[0]?.delta
      return delta?.content ?? delta?.reasoning_content ?? delta?.reasoning ?? ''
    })
    return [{ events, deltas }]
  })
}

// The budgets of the design, in percent. Sizes are exact, so nothing here depends on the machine.
const answers = [
  { what: 'answers made of our own pages', all: own },
  { what: 'recorded answers, which nothing was trained on', all: recorded() },
].filter(({ all }) => all.length > 0)

describe.each(answers)('$what', ({ all }) => {
  it.each([
    ["flushed event by event in the provider's form", 'events', 1, 4.5],
    ['flushed event by event as our frames', 'deltas', 1, 12],
    ["flushed by four in the provider's form", 'events', 4, 4.1],
    ['flushed by four as our frames', 'deltas', 4, 11],
  ] as const)('%s', (_how, form, group, budget) => {
    const streams = all.map((answer) =>
      form === 'deltas' ? asFrames(answer.deltas) : answer.events,
    )
    expect(shareSent(streams, group)).toBeLessThanOrEqual(budget)
  })
})
