import { PassThrough, Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { createScriptedSource, type ScriptStep } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import {
  asEvent,
  chunk,
  drivenAnswers,
  finish,
  scriptedAnswers,
  startGateway,
  tempFolder,
} from '../test-kit.ts'
import { EXIT } from './exit-codes.ts'
import type { TailOutput } from './tail-io.ts'
import { runTail, serveHttp, serveStreams, startTail } from './tail-kit.ts'
import { createTestTerminal } from './test-terminal.ts'

interface Delta {
  readonly delta: string
}

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'

function words(...deltas: string[]): ScriptStep<Delta>[] {
  return deltas.map((delta) => ({ yield: { delta } }))
}

/** A server that sends these texts as an event stream, and ends. */
function serveEvents(...texts: string[]) {
  return serveHttp((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.end(texts.join(''))
  })
}

const POST = ['-d', '{}']

describe('tail', () => {
  it('prints the text of our own stream as it is, and nothing else, and ends with 0', async () => {
    const { url, asked } = await serveStreams(
      createScriptedSource(words('Hel', 'lo\n', 'naïve 線 🙂\x1b')).source,
    )
    const { code, out, err } = await runTail(url)
    expect({ code, out, err }).toEqual({ code: 0, out: 'Hello\nnaïve 線 🙂\x1b', err: '' })
    expect(asked).toEqual(['GET /chat'])
  })

  it('prints each delta when it comes', async () => {
    const { url, toon } = await serveStreams(
      createScriptedSource([...words('first'), { hang: true }]).source,
    )
    const { printed, code, signals } = startTail([url])
    await printed('first')
    signals.emit('SIGINT')
    expect(await code).toBe(EXIT.interrupted)
    await toon.shutdown({ drain: 0 })
  })

  it('sends method, headers and body, and asks for an encoding', async () => {
    const seen: unknown[] = []
    const url = await serveHttp(async (request, response) => {
      const { method, headers } = request
      let body = ''
      for await (const part of request) body += part
      seen.push([method, headers['x-a'], headers['x-b'], headers['content-type'], body])
      seen.push(headers['x-synapse-toon-encoding'])
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: 1\n\n')
    })
    const file = `${tempFolder({ 'question.json': '{"a":[1]}' })}/question.json`
    const headers = ['-H', 'X-A: b: c', '--header', 'X-B:d']
    expect(
      await runTail(url, '-X', 'put', ...headers, '-d', `@${file}`, '--encoding', 'toon'),
    ).toEqual(expect.objectContaining({ code: 0 }))
    expect(seen).toEqual([['PUT', 'b: c', 'd', 'application/json', '{"a":[1]}'], 'toon'])
  })

  it('sends the JSON of --data to the letter', async () => {
    let body = ''
    const url = await serveHttp(async (request, response) => {
      for await (const part of request) body += part
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end()
    })
    await runTail(url, '-d', '{ "id": 12345678901234567890 }')
    expect(body).toBe('{ "id": 12345678901234567890 }')
  })

  it.each(['json', 'toon', 'base64', 'br'])('reads payloads written as %s', async (encoding) => {
    const { url } = await serveStreams(createScriptedSource(words('Hel', 'lo 線')).source)
    expect(await runTail(url, '--encoding', encoding)).toMatchObject({ code: 0, out: 'Hello 線' })
  })

  it('prints one line of JSON for each event with --json', async () => {
    const { url } = await serveStreams(createScriptedSource(words('a\nb', 'c')).source)
    const { out, code } = await runTail(url, '--json')
    expect(code).toBe(0)
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([
      { id: expect.stringMatching(ID), event: 'update', payload: { delta: 'a\nb' } },
      { id: expect.stringMatching(ID), event: 'update', payload: { delta: 'c' } },
    ])
  })

  it('prints the frames to the byte with --raw, compressed or not', async () => {
    const body = Buffer.from(': hi\r\n\r\nid: 7\ndata: {"delta":"線"}\n\ndata: [DONE]\n\n')
    for (const isCompressed of [false, true]) {
      const url = await serveHttp((_, response) => {
        const coding = isCompressed ? { 'Content-Encoding': 'gzip' } : undefined
        response.writeHead(200, { 'Content-Type': 'text/event-stream', ...coding })
        response.end(isCompressed ? gzipSync(body) : body)
      })
      const { bytes, code } = await runTail(url, '--raw', '--terminal', '[DONE]')
      expect(code).toBe(0)
      expect(bytes.equals(body)).toBe(true)
    }
  })

  it('prints the data of a plain stream line by line with --encoding text', async () => {
    const url = await serveEvents('data: one\n\n', 'data: {two\n\n', 'data: END\n\n')
    expect(await runTail(url, '--encoding', 'text', '--terminal', 'END')).toMatchObject({
      code: 0,
      out: 'one\n{two\n',
    })
  })

  it('goes on after --last-event-id', async () => {
    const script = createScriptedSource(words('a', 'b', 'c'))
    const { url, asked } = await serveStreams(script.source)
    const { out } = await runTail(url, '--json')
    const { id } = JSON.parse(out.split('\n')[0]!)
    expect(await runTail(url, '--last-event-id', id)).toMatchObject({ code: 0, out: 'bc' })
    expect(asked[1]).toBe(`GET /chat ${id}`)
    expect(script.runs).toBe(1)
  })

  it('comes back when the line breaks, and prints the text once', async () => {
    const answers = drivenAnswers()
    const { url, asked, cut } = await serveStreams((context) => answers.source.open([], context))
    const { printed, out, code } = startTail([url, ...POST])
    answers.say('one ')
    await printed('one ')
    cut()
    while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve))
    answers.say('two ', 'three')
    answers.end()
    expect(await code).toBe(0)
    expect(out()).toBe('one two three')
    expect(asked).toEqual(['POST /chat', expect.stringMatching(`^GET /streams ${ID}$`)])
    expect(answers.runs).toBe(1)
  })

  it('reads no faster than whoever reads it', async () => {
    // More than all sockets on the way hold.
    const many = 30_000
    const script = createScriptedSource<Delta>(function* () {
      for (let n = 0; n < many; n++) yield { yield: { delta: 'x'.repeat(1000) } }
    })
    const { url } = await serveStreams(script.source)
    const stdout = new PassThrough({ highWaterMark: 1000 })
    // Compressed, all of it would have room on the way.
    const args = [url, '-H', 'Accept-Encoding: identity']
    const { code } = startTail(args, { stdout: stdout as unknown as TailOutput })
    // All that could be read ahead is, and then nothing moves any more.
    for (let quiet = 0, before = -1; quiet < 500; quiet++) {
      if (script.pulled !== before) quiet = 0
      before = script.pulled
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(script.pulled).toBeLessThan(many)
    let length = 0
    stdout.on('data', (text: Buffer) => {
      length += text.length
    })
    expect(await code).toBe(0)
    expect(length).toBe(many * 1000)
  })
})

describe('tail of a provider', () => {
  const openai = ['--protocol', 'openai', ...POST]

  it('prints the content of OpenAI chunks up to [DONE]', async () => {
    const usage = { ...chunk(''), choices: [], usage: { completion_tokens: 2 } }
    const events = [
      chunk('Hel'),
      chunk('no', { index: 1 }),
      chunk('lo'),
      finish(),
      finish(1),
      usage,
    ]
    const url = await serveEvents(...events.map(asEvent), asEvent('[DONE]'))
    expect(await runTail(url, ...openai)).toMatchObject({ code: 0, out: 'Hello', err: '' })
  })

  it("prints the text of Anthropic's Messages up to message_stop", async () => {
    const events = [
      { type: 'message_start', message: {} },
      { type: 'ping' },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'message_stop' },
    ]
    const frames = events.map((event) => `event: ${event.type}\n${asEvent(event)}`)
    const url = await serveEvents(...frames)
    const result = await runTail(url, '--protocol', 'anthropic', ...POST)
    expect(result).toMatchObject({ code: 0, out: 'Hello', err: '' })
  })

  it('whose stream is cut ends with 4, keeps what came, and is not asked again', async () => {
    let asked = 0
    const url = await serveHttp((_, response) => {
      asked++
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.end(asEvent(chunk('half')))
    })
    const { code, out, err } = await runTail(url, ...openai)
    expect({ code, out, asked }).toEqual({ code: EXIT.truncated, out: 'half', asked: 1 })
    expect(err).toMatch(/^synapse-toon: the answer is not whole: .*; ask again\n$/)
  })

  it('that fails in the middle ends with 5, and says what it said', async () => {
    const error = { error: { code: 'rate_limit_exceeded', message: 'too\nmany \x1b[2J' } }
    const url = await serveEvents(asEvent(chunk('half')), asEvent(error))
    const { code, out, err } = await runTail(url, ...openai)
    expect({ code, out }).toEqual({ code: EXIT.failed, out: 'half' })
    expect(err).toBe(
      'synapse-toon: the server failed: rate_limit_exceeded: too many \ufffd[2J; ask again\n',
    )
  })
})

describe('the exit code of tail', () => {
  it('is 3 for an answer that was cancelled', async () => {
    const { url, toon } = await serveStreams(
      createScriptedSource([...words('half'), { hang: true }]).source,
    )
    const { code, out, err, printed } = startTail([url, '--json'])
    await printed('half')
    await toon.cancel(JSON.parse(out()).id.slice(0, 23))
    expect(await code).toBe(EXIT.cancelled)
    expect(err()).toBe('synapse-toon: the answer was cancelled; ask again for a whole one\n')
  })

  it('is 4 for a POST that was cut and cannot be gone on with', async () => {
    const { url, cut } = await serveStreams(
      createScriptedSource([...words('half'), { hang: true }]).source,
      { streamUrl: undefined },
    )
    const { code, err, printed } = startTail([url, ...POST])
    await printed('half')
    cut()
    expect(await code).toBe(EXIT.truncated)
    expect(err()).toMatch(/^synapse-toon: the answer is not whole: .*\n$/)
  })

  it("is 5 for our server's error frame, and its words are on one line", async () => {
    const { url } = await serveStreams(
      createScriptedSource<Delta>([...words('half'), { delay: 1 }, { throw: new Error('secret') }])
        .source,
    )
    const { code, out, err } = await runTail(url)
    expect({ code, out }).toEqual({ code: EXIT.failed, out: 'half' })
    expect(err).toMatch(/^synapse-toon: the server failed: source-error: .*\n$/)
  })

  it.each([
    [401, {}, '--header'],
    [404, {}, 'check the address'],
    [429, { 'Retry-After': '7' }, 'ask again in 7.0 s'],
    [500, {}, 'ask again later'],
    [503, { 'Retry-After': '2' }, 'ask again in 2.0 s'],
  ])('is 6 for status %d, at once, with its words and a cure', async (status, headers, cure) => {
    let asked = 0
    const url = await serveHttp((_, response) => {
      asked++
      response.writeHead(status, headers).end(JSON.stringify({ error: 'because of\nthis' }))
    })
    const { code, out, err } = await runTail(url)
    expect({ code, out, asked }).toEqual({ code: EXIT.refused, out: '', asked: 1 })
    expect(err).toMatch(/^synapse-toon: .*\n$/)
    expect(err).toContain(`status ${status}: because of this`)
    expect(err).toContain(cure)
  })

  it('is 7 for a stream that is gone', async () => {
    const { url } = await serveStreams(createScriptedSource(words('a')).source)
    const gone = '5f0c7a52-91d3-8e14-b0a6-000000000001'
    const { code, err } = await runTail(url, '--last-event-id', gone)
    expect(code).toBe(EXIT.gone)
    expect(err).toMatch(/^synapse-toon: status 410: .*; .*without --last-event-id\n$/)
  })

  it('is 8 when no content comes for --timeout, whatever the heartbeats', async () => {
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('id: 1\ndata: {"delta":"half"}\n\n')
      const beat = setInterval(() => response.write(': beat\n\n'), 20)
      response.on('close', () => clearInterval(beat))
    })
    const { code, out, err } = await runTail(url, '--timeout', '0.2')
    expect({ code, out }).toEqual({ code: EXIT.idle, out: 'half' })
    expect(err).toMatch(
      /^synapse-toon: .*200 ms; --timeout gives it more; go on with synapse-toon tail http\S+ --last-event-id 1\n$/,
    )
  })

  it('is 9 when nobody listens, at once, with the address that was tried', async () => {
    const { code, out, err } = await runTail('http://127.0.0.1:1/chat')
    expect({ code, out }).toEqual({ code: EXIT.unreachable, out: '' })
    expect(err).toMatch(
      /^synapse-toon: cannot connect: .*ECONNREFUSED 127\.0\.0\.1:1; check the address.*\n$/,
    )
  })

  it('is 9 when the server says nothing for --timeout', async () => {
    const url = await serveHttp(() => {})
    const { code, err } = await runTail(url, '--timeout', '0.1')
    expect(code).toBe(EXIT.unreachable)
    expect(err).toMatch(/^synapse-toon: .*\n$/)
  })

  it('is 10 for a page in place of a stream', async () => {
    const url = await serveHttp((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Sign in</h1>'),
    )
    const { code, out, err } = await runTail(url)
    expect({ code, out }).toEqual({ code: EXIT.unreadable, out: '' })
    expect(err).toMatch(/^synapse-toon: .*text\/html.*; check the address.*\n$/)
  })

  it('is 10 for data that is no JSON, and says how to see it', async () => {
    const url = await serveEvents('data: {half\n\n')
    const { code, err } = await runTail(url)
    expect(code).toBe(EXIT.unreadable)
    expect(err).toMatch(/^synapse-toon: .*--encoding text.*\n$/)
  })

  it.each([
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
  ])(
    'is that of a signal: %s, with the command that goes on, and the line is freed',
    async (name, expected) => {
      const answers = drivenAnswers()
      const { url, asked } = await serveStreams((context) => answers.source.open([], context))
      const { code, out, err, printed, signals } = startTail([url, ...POST])
      answers.say('half ')
      await printed('half ')
      signals.emit(name)
      expect(await code).toBe(expected)
      expect(out()).toBe('half ')
      const [, address, id] = new RegExp(
        `^synapse-toon: left; go on with synapse-toon tail (\\S+) --last-event-id (${ID})\n$`,
      ).exec(err())!
      expect(signals.eventNames()).toEqual([])
      answers.say('the rest')
      answers.end()
      expect(await runTail(address!, '--last-event-id', id!)).toMatchObject({
        code: 0,
        out: 'the rest',
      })
      expect(asked).toEqual(['POST /chat', expect.stringMatching('^GET /streams ')])
      expect(answers.runs).toBe(1)
    },
  )

  it('is 130 for Ctrl-C where nothing can be gone on with, which it says', async () => {
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write(asEvent(chunk('half')))
    })
    const { code, err, printed, signals } = startTail([url, '--protocol', 'openai', ...POST])
    await printed('half')
    signals.emit('SIGINT')
    expect(await code).toBe(EXIT.interrupted)
    expect(err()).toMatch(/^synapse-toon: left; there is nothing to go on from.*\n$/)
  })

  it('is that of the second signal at once, though the output takes nothing', async () => {
    const url = await serveEvents(asEvent({ delta: 'x' }))
    const blocked: TailOutput = { write: () => false, on() {}, off() {} }
    let wrote = () => {}
    const isWritten = new Promise<void>((resolve) => {
      wrote = resolve
    })
    const stdout = { ...blocked, write: () => wrote() ?? false }
    const { code, exits, signals } = startTail([url], { stdout })
    await isWritten
    signals.emit('SIGINT')
    signals.emit('SIGINT')
    expect(exits).toEqual([EXIT.interrupted])
    // The first alone would have been enough.
    expect(await code).toBe(EXIT.interrupted)
  })

  it.each([
    ['EPIPE', EXIT.outputClosed, /^$/],
    ['ENOSPC', EXIT.unwritable, /^synapse-toon: the output cannot be written: .*; make room.*\n$/],
  ])('is its own when the output fails: %s', async (name, expected, words) => {
    const { url, toon } = await serveStreams(
      createScriptedSource([...Array(50).fill({ yield: { delta: 'line\n' } }), { hang: true }])
        .source,
    )
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        setImmediate(() => done(Object.assign(new Error(`write ${name}`), { code: name }))),
    })
    const { code, err } = startTail([url], { stdout: stdout as unknown as TailOutput })
    expect(await code).toBe(expected)
    expect(err()).toMatch(words)
    await toon.shutdown({ drain: 0 })
  })
})

describe('tail of our gateway', () => {
  it('reads an answer that it asks for, and one that was only begun, at its address', async () => {
    const { source, script } = scriptedAnswers([
      { yield: { delta: 'Hel' } },
      { yield: { delta: 'lo' } },
    ])
    const { url } = await startGateway({ source })
    const question = ['-d', '{"message":"hi"}']
    expect(await runTail(`${url}/chat/stream`, ...question)).toMatchObject({
      code: 0,
      out: 'Hello',
    })

    const { code, out, err } = await runTail(`${url}/streams`, ...question)
    expect({ code, out }).toEqual({ code: EXIT.unreadable, out: '' })
    const [, address] =
      /^synapse-toon: no stream: .*; read it with synapse-toon tail (\S+)\n$/.exec(err)!
    expect(await runTail(address!)).toMatchObject({ code: 0, out: 'Hello' })
    expect(script.runs).toBe(2)
  })
})

describe('tail --stats', () => {
  it('says at the end, in one line, what was counted: also the bytes of the network', async () => {
    const body = asEvent({ delta: 'word ' }).repeat(500) + asEvent('[DONE]')
    const compressed = gzipSync(body)
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' })
      response.end(compressed)
    })
    const { code, err } = await runTail(url, '--stats', '--terminal', '[DONE]')
    expect(code).toBe(0)
    expect(err).toMatch(/^synapse-toon: first event \d.*, 500 events.*\n$/)
    expect(err).toContain(`${(body.length / 1024).toFixed(1)} KiB raw, ${compressed.length} B wire`)
    expect(err).toContain('0 resumes, 0 gaps')
  })

  it('comes after the line of an error too', async () => {
    const url = await serveEvents(asEvent(chunk('half')))
    const { err } = await runTail(url, '--stats', '--protocol', 'openai', ...POST)
    expect(err.split('\n')).toEqual([
      expect.stringContaining('not whole'),
      expect.stringContaining('1 event'),
      '',
    ])
  })

  it('keeps a line at the bottom of a terminal, apart from the text, and leaves it in order', async () => {
    const script = createScriptedSource([
      ...words(...Array.from({ length: 9 }, (_, n) => `line ${n}\n`)),
      { delay: 700 },
      ...words('the end'),
    ])
    const { url } = await serveStreams(script.source)
    const terminal = createTestTerminal(8, 200)
    const { code } = startTail([url, '--stats'], { stdout: terminal, stderr: terminal })
    while (!terminal.screen().at(-1)!.includes('9 events')) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(terminal.screen().slice(0, -2).at(-1)).toBe('line 8')
    expect(terminal.screen().at(-1)).toMatch(/^first event \d/)
    expect(await code).toBe(0)
    const all = [...terminal.scrolledAway(), ...terminal.screen()].filter((line) => line !== '')
    expect(all.slice(0, -1)).toEqual([
      ...Array.from({ length: 9 }, (_, n) => `line ${n}`),
      'the end',
    ])
    expect(all.at(-1)).toMatch(/^synapse-toon: first event .*10 events/)
    expect(terminal.listeners()).toBe(0)
  })
})

describe('tail --chaos', () => {
  it('cuts its own line again and again, and prints a stream of 500 events exactly once', async () => {
    const expected = Array.from({ length: 500 }, (_, n) => `${n} `)
    const steps = expected.flatMap((delta) => [{ yield: { delta } }, { delay: 2 }])
    const script = createScriptedSource<Delta>(steps)
    const { url, asked } = await serveStreams(script.source)
    const { code, out, err } = await runTail(url, ...POST, '--chaos=0.05', '--chaos-seed', '7')
    expect(code).toBe(0)
    expect(out).toBe(expected.join(''))
    const [, cuts, resumes] =
      /chaos: (\d+) cuts?, (\d+) resumes?, 0 gaps, .*--chaos-seed 7\n$/.exec(err)!
    expect(Number(cuts)).toBeGreaterThanOrEqual(2)
    expect(resumes).toBe(cuts)
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1)
    expect(asked).toHaveLength(Number(cuts) + 1)
    expect(script.runs).toBe(1)
  })

  it('names the seed that it chose itself', async () => {
    const { url } = await serveStreams(createScriptedSource(words('a')).source)
    const { err } = await runTail(url, '--chaos')
    expect(err).toMatch(/^synapse-toon: chaos: 0 cuts, .*--chaos-seed \d+\n$/)
  })
})
