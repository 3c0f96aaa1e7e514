import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStream, type ProtocolName } from 'synapse-toon/client'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../src/testing/seeded-random.ts'

const TRACES = process.env.SYNAPSE_TRACES

/** What is known of a recording: how it is read, and how it ends. */
interface Trace {
  readonly protocol: ProtocolName
  /** Default: in order. */
  readonly ends?: RegExp
}

/** Recordings by the beginning of their names; those of other formats are not for this client. */
const KINDS: readonly (readonly [RegExp, Trace])[] = [
  [/^anthropic-/, { protocol: 'anthropic' }],
  [/^openai-responses-error/, { protocol: 'openai', ends: /insufficient_quota|error/ }],
  [/^(groq-tool-use-failed|openrouter-stream-error)/, { protocol: 'openai', ends: /./ }],
  [/^(openai|azure|deepseek|groq)-/, { protocol: 'openai' }],
  [/^lmstudio-responses/, { protocol: 'openai' }],
  [/^gemini-thinking-altsse/, { protocol: 'eventsource' }],
]

function kindOf(file: string): Trace | undefined {
  return KINDS.find(([pattern]) => pattern.test(file))?.[1]
}

/** The body as the provider sent it; of `.jsonl`, whose frames were taken off, as it would. */
function bodyOf(file: string): Buffer {
  const bytes = readFileSync(join(TRACES!, file))
  if (!file.endsWith('.jsonl')) return bytes
  const lines = bytes.toString('utf8').trim().split('\n')
  const frames = lines.map((line) => {
    const { type } = JSON.parse(line) as { type?: string }
    return `${type === undefined ? '' : `event: ${type}\n`}data: ${line}\n\n`
  })
  const isChat = lines.some((line) => line.includes('"choices"'))
  return Buffer.from(frames.join('') + (isChat ? 'data: [DONE]\n\n' : ''))
}

interface Payload {
  readonly type?: string
  readonly delta?: string & { readonly text?: string }
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[]
}

/** The JSON of a recording's events up to its first end, read without a parser of ours. */
function payloadsIn(body: Buffer): Payload[] {
  const blocks = body.toString('utf8').replace(/\r\n/g, '\n').split('\n\n')
  const payloads = blocks
    .flatMap((block) => /^data: ?([[{].*)$/m.exec(block)?.[1] ?? [])
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Payload)
    .filter(({ type }) => type !== 'ping')
  const end = payloads.findIndex(({ type }) => type === 'response.completed')
  return end === -1 ? payloads : payloads.slice(0, end + 1)
}

/** What the answer says, by the provider's own fields. */
function textIn(payloads: Payload[]): string {
  return payloads
    .map((payload) =>
      payload.type === 'response.output_text.delta'
        ? payload.delta
        : (payload.delta?.text ?? payload.choices?.[0]?.delta?.content ?? ''),
    )
    .join('')
}

describe.skipIf(TRACES === undefined || !existsSync(TRACES))('recorded streams', () => {
  const files = TRACES === undefined ? [] : readdirSync(TRACES).filter(kindOf)

  it.each(files)('%s is read whole, however it is cut into reads', async (file) => {
    const { protocol, ends } = kindOf(file)!
    const body = bodyOf(file)
    const random = createSeededRandom()
    for (const largest of [1, 100, 16_384]) {
      let at = 0
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          const to = at + random.between(1, largest)
          controller.enqueue(body.subarray(at, to))
          at = to
          if (at >= body.length) controller.close()
        },
      })
      const headers = { 'Content-Type': 'text/event-stream' }
      const answer = openStream('http://test.example/', {
        protocol,
        body: {},
        fetch: async () => new Response(stream, { headers }),
      })
      let events = 0
      const reading = (async () => {
        for await (const _ of answer) events++
      })()
      if (ends === undefined) {
        await reading
        const payloads = payloadsIn(body)
        expect(events, `seed ${random.seed}`).toBe(payloads.length)
        if (protocol !== 'eventsource') expect((await answer.done).text).toBe(textIn(payloads))
      } else {
        await expect(reading).rejects.toMatchObject({
          code: 'ERR_SYNAPSE_STREAM_FAILED',
          reason: ends,
        })
      }
    }
  })
})
