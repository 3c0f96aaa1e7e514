import { readFile } from 'node:fs/promises'
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import express from 'express'
import OpenAI from 'openai'
import { createSynapseToon, type StreamOptions } from 'synapse-toon'
import { openStream } from 'synapse-toon/client'
import { synapseToon } from 'synapse-toon/express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen, refusalOf, until } from './test-server.ts'

const WORDS = ['Hel', 'lo ', 'wörld 🌍', '\r\nline two']
const TEXT = WORDS.join('')

const DELTAS = WORDS.map((delta) => ({ delta }))

/** Half an answer, and then an error that names what no client may see. */
async function* failing() {
  yield* DELTAS.slice(0, 2)
  throw new Error('key sk-123 is not valid')
}

/** A source that stands still after its first word until it is let go on. */
function waiting() {
  let goOn = () => {}
  const going = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const seen: { signal?: AbortSignal } = {}
  async function* words(signal: AbortSignal) {
    seen.signal = signal
    yield DELTAS[0]
    await going
    yield* DELTAS.slice(1)
  }
  const source = ({ signal }: { signal: AbortSignal }) => words(signal)
  return { source, seen, goOn: () => goOn() }
}

/** A server of ours with one answer. */
async function serveProfile(
  source: Parameters<ReturnType<typeof createSynapseToon>['pipe']>[0],
  options: StreamOptions,
) {
  const toon = createSynapseToon(options)
  const { url } = await listen((req, res) => toon.pipe(source, { req, res }))
  return { toon, url }
}

type Fetch = typeof fetch

/** What OpenAI's SDK makes of a server of ours. */
function ask(url: string, given: { fetch?: Fetch; signal?: AbortSignal } = {}) {
  const client = new OpenAI({ baseURL: url, apiKey: 'x', maxRetries: 0, fetch: given.fetch })
  return client.chat.completions.create(
    { model: 'm', messages: [], stream: true },
    { signal: given.signal },
  )
}

type Answer = Awaited<ReturnType<typeof ask>>

async function readAnswer(answer: Answer) {
  const read = {
    text: '',
    finish: [] as string[],
    usage: undefined as unknown,
    error: undefined as unknown,
  }
  try {
    for await (const { choices, usage } of answer) {
      read.text += choices[0]?.delta.content ?? ''
      if (choices[0]?.finish_reason) read.finish.push(choices[0].finish_reason)
      read.usage ??= usage
    }
  } catch (error) {
    read.error = error
  }
  return read
}

/** `fetch` that counts the heartbeats that come to a client. */
function countingFetch() {
  const heard = { pings: 0 }
  const counted: Fetch = async (input, init) => {
    const response = await fetch(input, init)
    const decoder = new TextDecoder()
    const counting = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        heard.pings += decoder.decode(chunk, { stream: true }).split(': ping\n').length - 1
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body!.pipeThrough(counting), response)
  }
  return { heard, counted }
}

describe("OpenAI's SDK, on profile openai", () => {
  it('reads the text, the end and what was used', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const payloads = [...DELTAS, { delta: '', usage }]
    const { url } = await serveProfile(payloads, { profile: 'openai', model: 'some-model' })
    const answer = await ask(url)
    expect(await readAnswer(answer)).toEqual({
      text: TEXT,
      finish: ['stop'],
      usage,
      error: undefined,
    })
  })

  it('reads the chunks of a provider as they were', async () => {
    const chunks = WORDS.map((content, n) => ({
      id: 'chatcmpl-theirs',
      object: 'chat.completion.chunk',
      created: n,
      model: 'theirs',
      choices: [{ index: 0, delta: { content }, finish_reason: n === 3 ? 'length' : null }],
    }))
    const { url } = await serveProfile(chunks, { profile: 'openai' })
    const read: unknown[] = []
    for await (const chunk of await ask(url)) read.push(chunk)
    expect(read).toEqual(chunks)
  })

  it('throws where the source fails in the middle, and never sees a clean end', async () => {
    const { url } = await serveProfile(failing, { profile: 'openai' })
    const { text, finish, error } = await readAnswer(await ask(url))
    expect(text).toBe('Hello ')
    expect(finish).toEqual([])
    expect(error).toBeInstanceOf(OpenAI.APIError)
    expect(error).toMatchObject({ code: 'source-error', message: 'Stream failed' })
  })

  it('throws with a status where it fails before its first word', async () => {
    const { url } = await serveProfile(() => Promise.reject(new Error('no')), { profile: 'openai' })
    await expect(ask(url)).rejects.toMatchObject({ status: 500 })
  })

  it('reads on over heartbeats', async () => {
    const { source, goOn } = waiting()
    const { url } = await serveProfile(source, {
      profile: 'openai',
      heartbeat: 2,
      compression: false,
    })
    const { heard, counted } = countingFetch()
    const reading = readAnswer(await ask(url, { fetch: counted }))
    await until(() => heard.pings >= 3, 'three heartbeats have come')
    goOn()
    expect(await reading).toMatchObject({ text: TEXT, finish: ['stop'], error: undefined })
  })

  it('throws when the server goes in the middle', async () => {
    const { toon, url } = await serveProfile(waiting().source, { profile: 'openai' })
    const reading = readAnswer(await ask(url))
    await toon.shutdown({ drain: 0 })
    expect((await reading).error).toMatchObject({ code: 'shutdown', type: 'server_error' })
  })

  it('stops the source at once when it leaves, since it could not come back', async () => {
    const { source, seen } = waiting()
    const { url } = await serveProfile(source, { profile: 'openai' })
    const leaving = new AbortController()
    await ask(url, { signal: leaving.signal })
    leaving.abort()
    await until(() => seen.signal?.aborted === true, 'the source is stopped')
  })

  it('reads a stream that others read too, each from its beginning to its end', async () => {
    const toon = createSynapseToon({ profile: 'openai' })
    const { source, goOn } = waiting()
    const handle = await toon.start(source)
    const { url } = await listen((req, res) => toon.pipe(handle, { req, res }))
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask(url)))
    const reading = answers.map(readAnswer)
    goOn()
    for (const read of await Promise.all(reading)) {
      expect(read).toMatchObject({ text: TEXT, finish: ['stop'], error: undefined })
    }
  })
})

describe('our client, on profile openai', () => {
  const read = (url: string) =>
    openStream(url, { protocol: 'openai', reconnect: { maxAttempts: 0 } })

  it('reads the text and the end', async () => {
    const { url } = await serveProfile(DELTAS, { profile: 'openai' })
    expect(await read(url).done).toMatchObject({ reason: 'complete', text: TEXT })
  })

  it('throws where the source fails in the middle', async () => {
    const { url } = await serveProfile(failing, { profile: 'openai' })
    await expect(read(url).done).rejects.toMatchObject({
      reason: 'source-error',
      retryable: false,
    })
  })
})

describe('the bytes of a profile', () => {
  it('are those that docs/protocol.md prints', async () => {
    const document = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
    const printed = [...document.matchAll(/```\n(data: .*?)```/gs)].map(([, block]) => block!)
    // Of which stream, and when it was made.
    const ofAny = (text: string) =>
      text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}/g, '<id>').replace(/"created":\d+/g, '<time>')
    const sent = (['openai', 'ai-sdk'] as const).map(async (profile) => {
      const response = await createSynapseToon().stream([DELTAS[0]], { profile })
      return ofAny(await response.text())
    })
    expect(printed.map(ofAny)).toEqual(await Promise.all(sent))
  })

  it.each(['openai', 'ai-sdk'] as const)(
    'are lines of data and heartbeats alone in %s, even where the server goes',
    async (profile) => {
      const { toon, url } = await serveProfile(waiting().source, { profile, heartbeat: 2 })
      const response = await fetch(url, { headers: { 'Accept-Encoding': 'identity' } })
      const decoder = new TextDecoder()
      let text = ''
      let isClosing = false
      for await (const chunk of response.body!) {
        text += decoder.decode(chunk, { stream: true })
        if (isClosing || !text.includes(': ping\n')) continue
        isClosing = true
        void toon.shutdown({ drain: 0 })
      }
      expect(isClosing).toBe(true)
      const lines = text.split('\n').filter((line) => line !== '' && line !== ': ping')
      expect(lines.filter((line) => !line.startsWith('data: '))).toEqual([])
      expect(text).not.toContain('[DONE]')
      expect(text).not.toContain(': ping\n\n')
    },
  )

  it.each(['openai', 'ai-sdk'] as const)(
    'are JSON in %s: another encoding is refused, and a whole document is what it always is',
    async (profile) => {
      const { url } = await serveProfile(() => DELTAS, { profile })
      const refused = await fetch(`${url}/?encoding=toon`)
      expect(refused.status).toBe(400)
      expect(await refusalOf(refused)).toEqual({
        code: 'ERR_SYNAPSE_PROFILE_ENCODING',
        error: `encoding must be json, or left out, where the stream has profile ${profile}, got "toon"`,
      })
      const whole = await fetch(url, { headers: { Accept: 'application/x-synapse-toon' } })
      expect(await whole.text()).toContain('reason: complete')
    },
  )

  it('are a stream in openai for who accepts JSON alone, as its SDKs do, and a document in ai-sdk', async () => {
    const asked = { headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' } }
    const openai = await serveProfile(() => DELTAS, { profile: 'openai' })
    const streamed = await fetch(openai.url, asked)
    expect(streamed.headers.get('Content-Type')).toBe('text/event-stream')
    expect(await streamed.text()).toMatch(/\n\ndata: \[DONE\]\n\n$/)
    const aiSdk = await serveProfile(() => DELTAS, { profile: 'ai-sdk' })
    const whole = await fetch(aiSdk.url, asked)
    expect(await whole.json()).toMatchObject({ reason: 'complete', payloads: DELTAS })
  })
})

describe("the AI SDK's chat transport, on profile ai-sdk", () => {
  /** What `useChat` does with an answer. */
  async function chat(api: string) {
    const transport = new DefaultChatTransport({ api })
    const stream = await transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'c',
      messageId: undefined,
      messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
      abortSignal: undefined,
    })
    const errors: unknown[] = []
    let message: UIMessage | undefined
    const onError = (error: unknown) => void errors.push(error)
    for await (const next of readUIMessageStream({ stream, onError })) message = next
    const text = message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    return { message, text, errors }
  }

  it('reads the text as one part that is done', async () => {
    const { url } = await serveProfile(DELTAS, { profile: 'ai-sdk' })
    const { message, errors } = await chat(url)
    expect(errors).toEqual([])
    expect(message?.parts).toEqual([{ type: 'text', text: TEXT, state: 'done' }])
  })

  it('reads parts of the application between texts, in their order', async () => {
    const weather = { type: 'data-weather', data: { degrees: 4 } }
    const { url } = await serveProfile(
      [{ delta: 'a' }, weather, { delta: 'b' }, { sources: [1] }],
      {
        profile: 'ai-sdk',
      },
    )
    const { message, errors } = await chat(url)
    expect(errors).toEqual([])
    expect(message?.parts).toEqual([
      { type: 'text', text: 'a', state: 'done' },
      weather,
      { type: 'text', text: 'b', state: 'done' },
      { type: 'data-payload', data: { sources: [1] } },
    ])
  })

  it('is told of a source that fails in the middle', async () => {
    const { url } = await serveProfile(failing, { profile: 'ai-sdk' })
    const { text, errors } = await chat(url)
    expect(text).toBe('Hello ')
    expect(errors).toEqual([new Error('Stream failed')])
  })

  it('rejects where the source fails before its first word', async () => {
    const { url } = await serveProfile(() => Promise.reject(new Error('no')), { profile: 'ai-sdk' })
    await expect(chat(url)).rejects.toThrow('{"error":"Stream failed"}')
  })

  it('reads it from an adapter as from anywhere', async () => {
    const app = express()
    app.use(synapseToon({ profile: 'ai-sdk' }))
    app.post('/', (_req, res) => res.synapseToonStream(WORDS, (delta: string) => ({ delta })))
    const { url } = await listen(app)
    expect(await chat(url)).toMatchObject({ text: TEXT, errors: [] })
  })

  it('reads a Response with the header that names its protocol', async () => {
    const toon = createSynapseToon()
    const response = await toon.stream(DELTAS, { profile: 'ai-sdk' })
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    const { url } = await listen(async (_req, res) => {
      res.writeHead(200, Object.fromEntries(response.headers))
      for await (const chunk of response.body!) res.write(chunk)
      res.end()
    })
    onTestFinished(() => toon.shutdown({ drain: 0 }))
    expect(await chat(url)).toMatchObject({ text: TEXT, errors: [] })
  })
})
