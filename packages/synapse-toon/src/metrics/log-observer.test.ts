import Fastify from 'fastify'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSynapseToon } from '../create-synapse-toon.ts'
import { createTestStream } from '../testing/test-stream.ts'
import type { StructuredLogger } from './console-logger.ts'
import { createLogObserver } from './log-observer.ts'
import { watchStreams } from './test-kit.ts'

interface Line {
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

function listeningLogger() {
  const lines: Line[] = []
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ ...fields, level, message })
  }
  const logger: StructuredLogger = {
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
  return { logger, lines }
}

/** Streams and the lines that were written of them. */
function watch(everyChunks = 0) {
  const { logger, lines } = listeningLogger()
  return { ...watchStreams(createLogObserver({ logger, everyChunks })), lines }
}

describe('the rate', () => {
  it("is the seed's line, every ten chunks, in chunks per second", async () => {
    const { logger, lines } = listeningLogger()
    const { clock, toon } = watchStreams(createLogObserver({ logger }))
    // 25 chunks, 10 ms after each: the tenth comes after 90 ms, the twentieth after 190.
    const handle = await toon.start(createTestStream({ count: 25, clock }))
    await clock.advance(250)
    await handle.done
    const common = { level: 'info', message: 'Stream rate', streamId: handle.streamId }
    expect(lines).toEqual([
      { ...common, rate: (10 / 90) * 1000, chunk: 10 },
      { ...common, rate: (20 / 190) * 1000, chunk: 20 },
    ])
  })

  it('is a number even when the clock has not moved', async () => {
    const { clock, toon, lines } = watch(1)
    await toon.start([{ delta: 'a' }])
    await clock.advance(0)
    expect(lines).toHaveLength(1)
    expect(lines[0]!.rate).toSatisfy(Number.isFinite)
  })

  it('is not even computed when it is switched off', () => {
    expect(createLogObserver({ everyChunks: 0 }).chunk).toBeUndefined()
  })

  it.each([-1, 1.5, Number.NaN])('cannot come every %d chunks', (everyChunks) => {
    expect(() => createLogObserver({ everyChunks })).toThrow('everyChunks must be a whole number')
  })
})

describe('an end', () => {
  it('that is complete or was asked for is no line', async () => {
    const { clock, complete, toon, lines } = watch()
    await complete()
    const { cancel } = await toon.start(() => new Promise<never>(() => {}))
    cancel()
    await clock.advance(0)
    expect(lines).toEqual([])
  })

  it('by a failure is one line: who, why, where, after how long, and never a payload', async () => {
    const { fail, lines } = watch()
    const error = Object.assign(new RangeError('upstream is down'), {
      code: 'E_UPSTREAM',
      request: { headers: { authorization: 'Bearer key' }, body: 'secret prompt' },
    })
    await fail(error, 'user-1')
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'Stream failed',
        streamId: expect.stringMatching(/^[0-9a-f-]{23}$/),
        principal: 'user-1',
        reason: 'source-error',
        position: 1,
        durationMs: 30,
        err: { name: 'RangeError', message: 'upstream is down', code: 'E_UPSTREAM' },
      },
    ])
    expect(JSON.stringify(lines)).not.toMatch(/secret|Bearer/)
  })

  it('by a deadline is an error without an exception', async () => {
    const { stop, lines } = watch()
    await stop()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ level: 'error', reason: 'idle-timeout', position: 1 })
    expect(lines[0]).not.toHaveProperty('err')
  })

  it('by a shutdown is a warning', async () => {
    const { toon, lines, script } = watch()
    await toon.start(script([{ hang: true }]))
    await toon.shutdown({ drain: 0 })
    expect(lines).toMatchObject([
      { level: 'warn', message: 'Stream interrupted', reason: 'shutdown' },
    ])
  })

  it('by a client that leaves is one line, not one for the stream and one for the connection', async () => {
    const { leave, lines } = watch()
    const streamId = await leave({ onDisconnect: 'cancel', principal: 'user-1' })
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'Stream interrupted',
        streamId,
        principal: 'user-1',
        reason: 'client-left',
        position: 1,
        durationMs: 10,
      },
    ])
  })
})

describe('a connection that is lost while its stream goes on', () => {
  it('is one line; that nobody came back, another', async () => {
    const { leave, clock, lines } = watch()
    const streamId = await leave({ onDisconnect: 'continue', principal: 'user-1' })
    const common = { streamId, principal: 'user-1', reason: 'client-left', position: 1 }
    const lost = { level: 'info', message: 'Connection lost', ...common, durationMs: 10 }
    expect(lines).toEqual([lost])
    await clock.advance(10_000)
    expect(lines).toMatchObject([lost, { level: 'warn', message: 'Stream interrupted', ...common }])
  })

  it('is a line too when the stream had ended as its client had left, and another one leaves', async () => {
    const { leave, clock, toon, lines } = watch()
    const streamId = await leave({ onDisconnect: 'cancel' })
    const client = new AbortController()
    const request = new Request('http://test/', { signal: client.signal })
    const response = toon.stream({ streamId }, { request })
    client.abort()
    await response
    await clock.advance(0)
    expect(lines.map(({ message }) => message)).toEqual(['Stream interrupted', 'Connection lost'])
  })

  it('is a warning when the client took nothing for too long', async () => {
    const { toon, clock, lines } = watch()
    const chunks = Array.from({ length: 40 }, () => ({ delta: 'x'.repeat(60) }))
    await toon.stream(() => chunks, { deadlines: { stall: 1000 } })
    await clock.advance(3000)
    expect(lines).toMatchObject([
      { level: 'warn', message: 'Connection lost', reason: 'stalled-client' },
    ])
  })
})

it('writes to a pino logger as it is', async () => {
  const written: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void written.push(line) } } })
  onTestFinished(() => app.close())
  await watchStreams(createLogObserver({ logger: app.log })).fail(new Error('upstream is down'))
  const [line] = written.map((text) => JSON.parse(text) as Record<string, unknown>)
  expect(line).toMatchObject({ msg: 'Stream failed', reason: 'source-error', position: 1 })
  expect(line!.err).toMatchObject({ name: 'Error', message: 'upstream is down' })
})

it('writes one line of JSON to the console when it is given no logger', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => error.mockRestore())
  const observer = createLogObserver()
  const toon = createSynapseToon({ observer })
  await (await toon.start(() => Promise.reject(new Error('line one\nline two')))).done
  const [[line]] = error.mock.calls as [[string]]
  expect(line).not.toContain('\n')
  expect(JSON.parse(line)).toMatchObject({
    level: 'error',
    message: 'Stream failed',
    err: { message: 'line one\nline two' },
  })
})
