// The recorded streams of SYNAPSE_TRACES in OpenAI's format: what sizes are measured on, and never
// trained on.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createStreamId } from '../../packages/synapse-toon/src/wire/event-id.ts'
import { frameRecord } from '../../packages/synapse-toon/src/wire/record-frame.ts'
import { createRandom } from './streams.mjs'

/** @returns {{ file: string, events: string[] }[]} one for each file, its events as they were sent */
export function openaiRecordings(folder = process.env.SYNAPSE_TRACES) {
  if (!folder) throw new Error('SYNAPSE_TRACES must name the folder of the recorded streams')
  return readdirSync(folder)
    .filter((file) => /\.(jsonl|sse)$/.test(file))
    .sort()
    .map((file) => ({ file, events: eventsOf(file, readFileSync(join(folder, file), 'utf8')) }))
    .filter(({ events }) => events.some((event) => event.includes('"chat.completion.chunk"')))
}

function eventsOf(file, text) {
  // Recorded without their envelope.
  if (file.endsWith('.jsonl'))
    return text
      .trim()
      .split('\n')
      .map((json) => `data: ${json}\n\n`)
  return text.split(/(?<=\n\n)/)
}

/** The same answers as frames of ours, `{ "delta": … }` each. */
export function asOurFrames({ file, events }) {
  const random = createRandom(1)
  const streamId = createStreamId((bytes) => bytes.set(bytes.map(() => random() * 256)))
  const deltas = events.map(deltaOf).filter((delta) => delta !== undefined)
  return {
    file,
    events: deltas.map((delta, i) =>
      frameRecord(
        streamId,
        { seq: i + 1, event: 'update', json: JSON.stringify({ delta }) },
        'json',
      ),
    ),
  }
}

/** undefined: no chunk (`[DONE]`, a comment). */
function deltaOf(event) {
  const json = /^data: (\{.*)$/m.exec(event)?.[1]
  if (json === undefined) return undefined
  const delta = JSON.parse(json).choices?.[0]?.delta
  return delta?.content ?? delta?.reasoning_content ?? delta?.reasoning ?? ''
}

/** Joins events that are flushed together. */
export function inGroups(events, size) {
  const groups = []
  for (let at = 0; at < events.length; at += size) groups.push(events.slice(at, at + size).join(''))
  return groups
}
