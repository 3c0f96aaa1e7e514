import * as valibot from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { PayloadError } from '../wire/payload-error.ts'
import { startStream } from './client-stream.ts'
import { StreamPayloadError } from './errors.ts'
import { READ_AHEAD } from './event-queue.ts'
import {
  done,
  EVENT_STREAM,
  frame,
  idOf,
  read,
  STREAM_ID,
  scriptedFetch,
  settle,
  textOf,
  update,
} from './test-kit.ts'

/** An update of about 8 KiB. */
function large(seq: number): string {
  return frame(seq, 'update', { delta: 'x'.repeat(8192) })
}

describe('a consumer', () => {
  it('that takes nothing holds up the reading, beyond a bounded window', async () => {
    const chunks = Array.from({ length: 100 }, (_, n) => large(n + 1))
    const reading = await read([{ body: [...chunks, done(101)] }], { takes: false })
    const { taken } = reading.bodies[0]!
    expect(taken).toBeGreaterThan(6)
    expect(taken).toBeLessThanOrEqual(10)
    expect(reading.stream.stats.bytes).toBeLessThan(READ_AHEAD + 2 * 8300)
    // Its slowness is no silence of the server: the clocks stand still.
    await reading.clock.advance(1_000_000)
    expect(reading.stream.state).toBe('open')
    let events = 0
    for await (const _ of reading.stream) events++
    expect(events).toBe(100)
  })

  it('is not swamped by one huge chunk of many events', async () => {
    const chunk = Array.from({ length: 200 }, (_, n) => large(n + 1)).join('')
    const reading = await read([{ body: [chunk, done(201)] }], { takes: false })
    expect(reading.stream.stats.events).toBeLessThanOrEqual(12)
    let events = 0
    for await (const _ of reading.stream) events++
    expect(events).toBe(200)
  })

  it('that leaves the loop frees the line, and ends the stream', async () => {
    const reading = await read([{ body: [update(1), update(2)], end: 'hang' }], { takes: false })
    for await (const _ of reading.stream) break
    await settle()
    expect(reading.bodies[0]!.isCancelled).toBe(true)
    expect(reading.asked[0]!.signal.aborted).toBe(true)
    expect(reading.stream.state).toBe('closed')
    expect(await reading.stream.done).toMatchObject({ reason: 'left', events: 2 })
    // Where it was left, not where reading was: this is where to go on.
    expect(reading.stream.lastEventId).toBe(idOf(1))
  })

  it('that is told to leave while it waits is let go', async () => {
    const reading = await read([{ body: [update(1)], end: 'hang' }])
    expect(reading.isOver).toBe(false)
    reading.stream.close()
    await settle()
    expect(reading.isOver).toBe(true)
    expect(reading.error).toBeUndefined()
    reading.stream.close()
  })

  it('may call return while a next is pending', async () => {
    const reading = await read([{ end: 'hang' }], { takes: false })
    const iterator = reading.stream[Symbol.asyncIterator]()
    const pending = iterator.next()
    expect(await iterator.return!()).toEqual({ value: undefined, done: true })
    expect(await pending).toEqual({ value: undefined, done: true })
  })

  it('may ask for several events at once, and gets them in order', async () => {
    const reading = await read([{ body: [update(1), update(2), done(3)] }], { takes: false })
    const iterator = reading.stream[Symbol.asyncIterator]()
    const steps = await Promise.all([iterator.next(), iterator.next(), iterator.next()])
    expect(steps.map(({ value }) => value?.payload.delta)).toEqual(['1 ', '2 ', undefined])
  })

  it('is the only one: a second loop throws', async () => {
    const reading = await read([{ body: [done(1)] }])
    expect(() => reading.stream[Symbol.asyncIterator]()).toThrow(TypeError)
  })

  it('gets all events that came before an error, then the error, once', async () => {
    const body = [update(1), update(2), frame(3, 'error', { code: 'deadline', message: 'late' })]
    const reading = await read([{ body }], { takes: false })
    await settle()
    const iterator = reading.stream[Symbol.asyncIterator]()
    expect((await iterator.next()).value?.payload.delta).toBe('1 ')
    expect((await iterator.next()).value?.payload.delta).toBe('2 ')
    await expect(iterator.next()).rejects.toMatchObject({ reason: 'deadline', retryable: false })
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
  })

  it('who never looks at done does not end the process by it', async () => {
    const reading = await read([{ status: 400 }])
    expect(reading.error).toBeDefined()
  })

  it('knows the last event that was taken, and the end once it was seen', async () => {
    const reading = await read([{ body: [update(1), update(2), done(3)] }], { takes: false })
    expect(reading.stream.lastEventId).toBe('')
    const iterator = reading.stream[Symbol.asyncIterator]()
    await iterator.next()
    expect(reading.stream.lastEventId).toBe(idOf(1))
    await iterator.next()
    await iterator.next()
    expect(reading.stream.lastEventId).toBe(idOf(3))
  })
})

describe('a signal', () => {
  it('that fires is thrown to who reads', async () => {
    const controller = new AbortController()
    const options = { signal: controller.signal }
    const reading = await read([{ body: [update(1)], end: 'hang' }], options)
    const reason = new Error('stopped by the user')
    controller.abort(reason)
    await settle()
    expect(reading.error).toBe(reason)
    expect(reading.bodies[0]!.isCancelled).toBe(true)
    await expect(reading.stream.done).rejects.toBe(reason)
  })

  it('that has fired lets nothing begin', async () => {
    const reading = await read([], { signal: AbortSignal.abort(new Error('never')) })
    expect(reading.asked).toEqual([])
    expect(reading.error).toMatchObject({ message: 'never' })
  })

  it('ends a wait, and is not listened to afterwards', async () => {
    const controller = new AbortController()
    const reading = await read([new TypeError('x')], { signal: controller.signal })
    controller.abort()
    await settle()
    expect(reading.error).toMatchObject({ name: 'AbortError' })
    expect(reading.clock.pending).toBe(0)
  })
})

describe('stop', () => {
  const ADDRESS = `http://test.example/streams/${STREAM_ID}`

  it('asks the server at the address of the stream, and the end still comes', async () => {
    const headers = () => ({ Authorization: 'Bearer 1' })
    const script = [
      { body: [update(1)], end: 'hang' as const },
      new Response(null, { status: 204 }),
    ]
    const reading = await read(script, { body: {}, headers })
    await reading.stream.stop()
    expect(reading.asked[1]).toMatchObject({ method: 'DELETE', url: ADDRESS, body: undefined })
    expect(reading.asked[1]!.headers.get('authorization')).toBe('Bearer 1')
    expect(reading.stream.state).toBe('open')
    reading.bodies[0]!.send(done(2, 'cancelled'))
    await settle()
    expect((await reading.stream.done).reason).toBe('cancelled')
  })

  it('leaves where there is no address', async () => {
    const reading = await read(['hang'])
    await reading.stream.stop()
    await settle()
    expect(reading.asked).toHaveLength(1)
    expect(reading.asked[0]!.signal.aborted).toBe(true)
    expect((await reading.stream.done).reason).toBe('left')
  })

  it('of a stream that is over does nothing', async () => {
    const reading = await read([{ body: [done(1)] }])
    await reading.stream.stop()
    expect(reading.asked).toHaveLength(1)
  })

  it('that comes too late waits for the end that is on its way', async () => {
    const reading = await read([{ body: [update(1)], end: 'hang' }, { status: 404 }])
    const stopped = reading.stream.stop()
    await settle()
    reading.bodies[0]!.send(done(2))
    await stopped
    expect((await reading.stream.done).reason).toBe('complete')
  })

  it.each([
    [
      { status: 403, body: ['{"error":"not yours"}'] },
      { status: 403, message: 'status 403: not yours' },
    ],
    [new TypeError('fetch failed'), { code: 'ERR_SYNAPSE_CONNECT' }],
    ['hang' as const, { code: 'ERR_SYNAPSE_CONNECT' }],
  ])('that is refused says so, and the stream goes on: %#', async (answer, error) => {
    const reading = await read([{ body: [update(1)], end: 'hang' }, answer], {
      timeouts: { connect: 10 },
    })
    const stopped = expect(reading.stream.stop()).rejects.toMatchObject(error)
    await reading.clock.advance(10)
    await reading.clock.advance(1000)
    await stopped
    expect(reading.stream.state).toBe('open')
    reading.stream.close()
  })
})

describe('payloads', () => {
  const plain = { plain: true, headers: EVENT_STREAM } as const

  it.each([
    ['zod', z.object({ delta: z.string().transform((text) => text.toUpperCase()) })],
    [
      'valibot',
      valibot.object({
        delta: valibot.pipe(
          valibot.string(),
          valibot.transform((text) => text.toUpperCase()),
        ),
      }),
    ],
  ])('are held to a schema of %s, which may change them', async (_name, schema) => {
    const good = frame(1, 'update', { delta: 'a' })
    const bad = frame(2, 'update', { delta: 7 })
    const reading = await read([{ body: [good, bad], end: 'hang' }], { schema })
    expect(reading.events.map(({ payload }) => payload)).toEqual([{ delta: 'A' }])
    expect(reading.error).toBeInstanceOf(StreamPayloadError)
    expect(reading.error).toBeInstanceOf(PayloadError)
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_PAYLOAD',
      text: 'a',
      data: '{"delta":7}',
      retryable: false,
      status: 200,
    })
    expect((reading.error as Error).message).toMatch(/^schema: payload\.delta: /)
    expect(reading.bodies[0]!.isCancelled).toBe(true)
  })

  it('are typed by the schema', async () => {
    const schema = z.object({ delta: z.string() })
    const { fetch } = scriptedFetch([{ body: [update(1), done(2)] }])
    const { clock } = await read([{ status: 204 }])
    const page = {}
    const env = { clock, random: () => 0, wallNow: () => 0, page }
    const stream = startStream('http://test.example/', { fetch, schema }, env)
    for await (const { payload } of stream) {
      const { delta }: { delta: string } = payload
      expect(delta).toBe('1 ')
    }
  })

  it('are checked in order by a schema that takes its time', async () => {
    const schema = z.object({ delta: z.string() }).refine(async ({ delta }) => {
      await new Promise((resolve) => setTimeout(resolve, delta === '1 ' ? 5 : 0))
      return true
    })
    const reading = await read([{ body: [update(1) + update(2) + done(3)] }], { schema })
    await reading.stream.done
    await settle()
    expect(textOf(reading)).toBe('1 2 ')
  })

  it('that a schema throws at end the stream with its error', async () => {
    const cause = new Error('broken schema')
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate() {
          throw cause
        },
      },
    } as const
    const reading = await read([{ body: [update(1)] }], { schema })
    expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_PAYLOAD', cause })
  })

  it('that are no JSON end the stream, and keep the text so far', async () => {
    const broken = `id: ${idOf(3)}\nevent: update\ndata: {"delta":\n\n`
    const reading = await read([{ body: [update(1), update(2), broken, update(4)], end: 'hang' }])
    expect(textOf(reading)).toBe('1 2 ')
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_PAYLOAD',
      text: '1 2 ',
      data: '{"delta":',
    })
    expect((reading.error as Error).message).toBe(
      `data is not json: "{\\"delta\\":"; encoding: 'text' takes it as it is`,
    )
  })

  it('are read in the encoding that the response names, whatever was asked for', async () => {
    const headers = { 'X-Synapse-TOON-Encoding': 'toon' }
    const toon = `id: ${idOf(1)}\nevent: update\ndata: delta: "1 "\n\n`
    const end = `id: ${idOf(2)}\nevent: done\ndata: reason: complete\ndata: chunks: 1\n\n`
    const reading = await read([{ headers, body: [toon, end] }], { encoding: 'base64' })
    await reading.stream.done
    expect(reading.asked[0]!.headers.get('x-synapse-toon-encoding')).toBe('base64')
    expect(textOf(reading)).toBe('1 ')
  })

  it('in an encoding that is not known are refused, with what to ask for', async () => {
    const headers = { 'X-Synapse-TOON-Encoding': 'zstd' }
    const reading = await read([{ headers, body: [update(1)], end: 'hang' }])
    expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_PROTOCOL' })
    expect((reading.error as Error).message).toBe(
      "zstd payloads cannot be read here; ask for encoding: 'json'",
    )
    expect(reading.asked[0]!.signal.aborted).toBe(true)
  })

  it.each([
    ['an endless line', `data: ${'x'.repeat(3000)}`],
    ['endless data lines', 'data: 0123456789\n'.repeat(300)],
    ['a line and its end', `data: ${'x'.repeat(3000)}\n\n`],
    ['an endless comment', `:${'x'.repeat(3000)}`],
  ])('larger than maxEventBytes end the stream: %s', async (_what, text) => {
    const reading = await read([{ ...plain, body: [update(1), text], end: 'hang' }], {
      maxEventBytes: 2000,
    })
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_PROTOCOL',
      message: 'an event is larger than maxEventBytes, 2000',
      text: '1 ',
    })
    expect(reading.bodies[0]!.isCancelled).toBe(true)
  })

  it('of exactly maxEventBytes pass', async () => {
    const data = JSON.stringify({ delta: 'x'.repeat(988) })
    expect(data).toHaveLength(1000)
    const body = [`data: ${data}\n\n`, 'data: [DONE]\n\n']
    const reading = await read([{ ...plain, body }], { maxEventBytes: 1000, terminal: '[DONE]' })
    expect(reading.error).toBeUndefined()
    expect(reading.events).toHaveLength(1)
  })

  it('keep no more text than a bound, however long the stream', async () => {
    const body = Array.from({ length: 60 }, (_, n) => large(n + 1))
    const reading = await read([{ body: [...body, done(61)] }])
    const { text, events } = await reading.stream.done
    expect(events).toBe(60)
    expect(text.length).toBeGreaterThanOrEqual(262_144)
    expect(text.length).toBeLessThan(262_144 + 8192)
  })

  it('come by name, with data and id', async () => {
    const body = ['event: tool\nid: 7\ndata: {"a":1}\n\n', 'data: {}\n\n', 'data: [DONE]\n\n']
    const reading = await read([{ ...plain, body }], { terminal: '[DONE]' })
    expect(reading.events).toEqual([
      { event: 'tool', payload: { a: 1 }, data: '{"a":1}', id: '7' },
      { event: 'message', payload: {}, data: '{}', id: '7' },
    ])
  })
})

describe('what happens on the way is told', () => {
  it('by onStatus, in order', async () => {
    const reading = await read([
      { body: [update(1)], end: 'break' },
      { body: [update(2), done(3)] },
    ])
    await reading.clock.advance(250)
    expect(reading.statuses).toEqual([
      { type: 'connecting', url: 'http://test.example/chat', attempt: 1 },
      { type: 'open', protocol: 'synapse', streamId: STREAM_ID, resumed: false },
      { type: 'waiting', delay: 250, error: expect.any(Error) },
      { type: 'connecting', url: `http://test.example/streams/${STREAM_ID}`, attempt: 2 },
      { type: 'open', protocol: 'synapse', streamId: STREAM_ID, resumed: true },
      { type: 'closed', error: undefined },
    ])
  })

  it('and an onStatus that throws harms nothing, and is heard of', async () => {
    const strays: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => strays.push(error))
    try {
      const reading = await read([{ body: [update(1), done(2)] }], {
        onStatus: ({ type }) => {
          if (type === 'open') throw new Error('observer failed')
        },
      })
      expect(textOf(reading)).toBe('1 ')
      expect(strays).toEqual([new Error('observer failed')])
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
  })

  it('a proxy that buffers is recognised: all at once, late', async () => {
    const reading = await read([{ end: 'hang' }])
    await reading.clock.advance(6000)
    for (let seq = 1; seq <= 20; seq++) reading.bodies[0]!.send(update(seq))
    reading.bodies[0]!.send(done(21))
    await settle()
    expect(reading.statuses).toContainEqual({
      type: 'buffered',
      waited: 6000,
      events: 20,
      cure: expect.stringContaining('proxy_buffering off'),
    })
  })

  it('a stream that was late but came bit by bit is no proxy that buffers', async () => {
    const reading = await read([{ end: 'hang' }])
    await reading.clock.advance(6000)
    for (let seq = 1; seq <= 20; seq++) {
      reading.bodies[0]!.send(update(seq))
      await reading.clock.advance(50)
    }
    reading.bodies[0]!.send(done(21))
    await settle()
    expect(reading.isOver).toBe(true)
    expect(reading.statuses.map(({ type }) => type)).not.toContain('buffered')
  })

  it('by stats, at any time', async () => {
    const reading = await read([{ end: 'hang' }])
    await reading.clock.advance(300)
    reading.bodies[0]!.send(update(1))
    await settle()
    expect(reading.stream.stats).toMatchObject({
      events: 1,
      bytes: Buffer.byteLength(update(1)),
      resumes: 0,
      firstEventMs: 300,
    })
    expect(reading.stream.streamId).toBe(STREAM_ID)
    reading.stream.close()
  })
})

describe('an option that is none', () => {
  it('is refused at once', async () => {
    await expect(read([], { protocol: 'grpc' as never })).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_INVALID_OPTION',
      message: 'protocol must be auto, synapse, eventsource, openai or anthropic, got grpc',
    })
  })

  it('such as an address that is relative where there is no page, is refused at once', async () => {
    await expect(read([], { url: '/chat', fetch: undefined })).rejects.toBeInstanceOf(TypeError)
  })
})
