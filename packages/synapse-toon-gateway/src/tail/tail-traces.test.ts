import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asEvent, chunk, finish } from '../test-kit.ts'
import { EXIT } from './exit-codes.ts'
import { runTail, serveHttp } from './tail-kit.ts'

/** What a provider sent, and what it says, read without any of the code that is tested. */
interface Recording {
  readonly name: string
  readonly protocol: 'openai' | 'anthropic' | 'eventsource'
  readonly body: string
  readonly text: string
  readonly fails: boolean
}

const END = /^(message_stop|response\.completed|response\.incomplete)$/

function readRecording(name: string, content: string): Recording {
  const isFramed = extname(name) === '.sse'
  const all = content
    .split(/\r?\n/)
    .map((line) => (isFramed ? line.replace(/^data: ?/, '') : line))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  const isChat = all.some(({ object }) => object === 'chat.completion.chunk')
  const isAnthropic = all.some(({ type }) => type === 'message_start')
  const isResponses = all.some(({ type }) => /^response\./.test(type))
  const isFeed = !isChat && !isAnthropic && !isResponses
  // Some hold the answers of several requests, one after the other.
  const end = all.findIndex(({ type }) => END.test(type))
  const values = end === -1 || isFeed ? all : all.slice(0, end + 1)
  const texts = values.map(({ choices, type, delta }) => {
    if (isChat) return choices?.find((one: { index: number }) => one.index === 0)?.delta.content
    if (isAnthropic) return type === 'content_block_delta' && delta.text
    if (isResponses) return type === 'response.output_text.delta' && delta
    return undefined
  })
  const frames = all.map((value) => `event: ${value.type ?? 'message'}\n${asEvent(value)}`)
  const lines = values.map((value) => `${JSON.stringify(value)}\n`)
  return {
    name,
    protocol: isAnthropic ? 'anthropic' : isFeed ? 'eventsource' : 'openai',
    body: isFramed ? content : frames.join('') + (isChat ? asEvent('[DONE]') : ''),
    text: (isFeed ? lines : texts.map((text) => text || '')).join(''),
    fails: !isFeed && values.some(({ error, type }) => error || /^error$|failed$/.test(type)),
  }
}

const text = [chunk(''), chunk('naïve '), chunk('no', { index: 1 }), chunk('線\r\n'), chunk('🙂"')]
const ends = [finish(), finish(1), { ...chunk(''), choices: [], usage: { completion_tokens: 3 } }]
const own = {
  'own-chat.jsonl': [...text, ...ends].map((event) => JSON.stringify(event)).join('\n'),
  'own-chat.sse': `: PROCESSING\n\n${[...text, ...ends].map(asEvent).join('')}${asEvent('[DONE]')}`,
  'own-error.sse': [...text, { error: { code: 'x', message: 'y' } }].map(asEvent).join(''),
}

// Recordings of real providers where there are some; those written above always.
const folder = process.env.SYNAPSE_TRACES
const files = folder ? readdirSync(folder).filter((name) => /\.(sse|jsonl)$/.test(name)) : []
const recordings = [
  ...Object.entries(own).map(([name, content]) => readRecording(name, content)),
  ...files.map((name) => readRecording(name, readFileSync(join(folder!, name), 'utf8'))),
]

describe("tail of a provider's recorded stream", () => {
  it.each(recordings)('prints its text once and whole: $name', async (recording) => {
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
      // In pieces that end anywhere.
      for (let at = 0; at < recording.body.length; at += 1000) {
        response.write(recording.body.slice(at, at + 1000))
      }
      response.end()
    })
    const { code, out } = await runTail(url, '-d', '{}', '--protocol', recording.protocol)
    expect(out).toBe(recording.text)
    expect(code).toBe(recording.fails ? EXIT.failed : EXIT.complete)
  })
})
