import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { main } from './cli.ts'
import type { Environment } from './config.ts'
import { packageVersion } from './package-files.ts'
import { tempFolder } from './test-kit.ts'

/** A process that writes down what is done to it. */
function fakeProcess(given: Environment = {}) {
  // Not the folder of whoever runs the tests.
  const env: Environment = { XDG_STATE_HOME: tempFolder(), ...given }
  const out: string[] = []
  const err: string[] = []
  const exits: number[] = []
  const signals = new EventEmitter()
  let onUrl: (url: string) => void
  const url = new Promise<string>((resolve) => {
    onUrl = resolve
  })
  const stdout = {
    write(text: string) {
      out.push(text)
      const found = /^Synapse TOON gateway: (\S+)$/m.exec(text)
      if (found !== null) onUrl(found[1]!)
    },
  }
  const stderr = { write: (text: string) => void err.push(text) }
  return {
    env,
    io: { env, stdout, stderr, signals, exit: (code: number) => void exits.push(code) },
    out: () => out.join(''),
    err: () => err.join(''),
    exits,
    signals,
    url,
  }
}

const docs = () => tempFolder({ 'a.md': '# Apples\n\nApples are red, and pears are green.\n' })

describe('a command that starts', () => {
  it('prints its address, what answers and where answers are kept, serves, and ends with 0 when asked to', async () => {
    const { io, env, out, url, signals } = fakeProcess({ PORT: '1' })
    const ended = main(['serve', '--docs', docs(), '--port', '0', '--interval-ms', '0'], io)
    const address = await url
    expect(out()).toBe(
      `Synapse TOON gateway: ${address}\nWhat answers: Documentation. Not a language model: it quotes 1 file of documentation.\nLog: level, in ${env.XDG_STATE_HOME}/synapse-toon/streams: answers outlive a restart\n`,
    )
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d{2,}$/)
    const answer = await collect(fetch(`${address}/chat/stream?message=apples`))
    expect(answer.text).toContain('Apples are red')
    signals.emit('SIGTERM')
    expect(await ended).toBe(0)
    await expect(fetch(`${address}/healthz`)).rejects.toThrow()
    expect(signals.eventNames()).toEqual([])
  })

  it('waits for running answers, but not after a second signal', async () => {
    const { io, url, signals, exits } = fakeProcess()
    const slow = [
      '--docs',
      docs(),
      '--interval-ms',
      '60000',
      '--port',
      '0',
      '--log-level',
      'silent',
    ]
    const ended = main(['serve', ...slow], io)
    const address = await url
    const client = openRawClient(`${address}/chat/stream?message=apples`)
    await client.waitFor('event: update')
    signals.emit('SIGINT')
    const ready = await fetch(`${address}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toEqual({ status: 'stopping' })
    // What is new is refused from now on, which shows that the first signal was heard.
    const refused = await fetch(`${address}/chat/stream?message=apples`)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(exits).toEqual([])
    signals.emit('SIGTERM')
    expect(exits).toEqual([1])
    const streamId = /X-Synapse-TOON-Stream: (\S+)/.exec(client.received)![1]
    await fetch(`${address}/streams/${streamId}`, { method: 'DELETE' })
    await client.waitFor('"reason":"cancelled"')
    expect(await ended).toBe(0)
  })
})

describe('a command that is started again', () => {
  const serve = (...more: string[]) => ['serve', '--docs', docs(), '--port', '0', ...more]

  it('has the answers of before, in the folder of before', async () => {
    const env = { XDG_STATE_HOME: tempFolder() }
    const before = fakeProcess(env)
    const ended = main(serve('--interval-ms', '0'), before.io)
    const first = await collect(fetch(`${await before.url}/chat/stream?message=apples`))
    before.signals.emit('SIGTERM')
    expect(await ended).toBe(0)

    const { io, url, signals } = fakeProcess(env)
    const again = main(serve('--interval-ms', '0'), io)
    const address = `${await url}${first.headers.get('content-location')}`
    const { events, end } = await collect(fetch(address))
    expect(events).toEqual(first.events)
    expect(end?.event).toBe('done')
    signals.emit('SIGTERM')
    expect(await again).toBe(0)
  })

  it('beside one that runs says in one line what to do, and leaves that one alone', async () => {
    const env = { XDG_STATE_HOME: tempFolder() }
    const { io, url, signals } = fakeProcess(env)
    const running = main(serve('--interval-ms', '0'), io)
    const address = await url
    const second = fakeProcess(env)
    expect(await main(serve('--log-level', 'silent'), second.io)).toBe(1)
    expect(second.out()).toBe('')
    expect(second.err()).toBe(
      `synapse-toon: --data-dir "${env.XDG_STATE_HOME}/synapse-toon" is in use by another gateway; give --data-dir another folder, or use --log memory\n`,
    )
    expect((await collect(fetch(`${address}/chat/stream?message=apples`))).end?.event).toBe('done')
    signals.emit('SIGTERM')
    expect(await running).toBe(0)
  })

  it('ends running answers at once with --drain-ms 0', async () => {
    const { io, url, signals } = fakeProcess()
    const more = ['--interval-ms', '60000', '--drain-ms', '0', '--log', 'memory']
    const ended = main(serve(...more), io)
    const client = openRawClient(`${await url}/chat/stream?message=apples`)
    await client.waitFor('event: update')
    signals.emit('SIGTERM')
    await client.waitFor('"code":"shutdown"')
    expect(await ended).toBe(0)
  })
})

describe('a command that cannot run', () => {
  it('because its port is in use says so in one line and ends with 1', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const { io, env, out, err } = fakeProcess()
    const args = ['serve', '--docs', docs(), '--port', String(port), '--log-level', 'silent']
    expect(await main(args, io)).toBe(1)
    expect(out()).toBe('')
    expect(err()).toBe(
      `synapse-toon: --port ${port} is in use on 127.0.0.1; stop what listens there, or choose another (0: any free port)\n`,
    )
    // It has let go of the folder: the next one can have it.
    const next = fakeProcess(env)
    const served = main(['serve', '--docs', docs(), '--port', '0'], next.io)
    await next.url
    next.signals.emit('SIGTERM')
    expect(await served).toBe(0)
  })

  it.each<[string[], Environment, string]>([
    [
      ['--redis-url', 'redis://me:secret@127.0.0.1:1'],
      {},
      'synapse-toon: --redis-url at 127.0.0.1',
    ],
    [[], { REDIS_URL: 'redis://me:secret@127.0.0.1:1' }, 'synapse-toon: REDIS_URL at 127.0.0.1:1 '],
  ])('because its Redis is not there says so in one line: %j %j', async (args, env, text) => {
    const { io, out, err } = fakeProcess(env)
    expect(await main(['serve', '--docs', docs(), ...args], io)).toBe(1)
    expect(out()).toBe('')
    expect(err()).toContain(text)
    expect(err()).toContain('ECONNREFUSED')
    expect(err().split('\n')).toHaveLength(2)
    expect(err()).not.toContain('secret')
  })

  it.each<[string[], Environment, string]>([
    [['--port', 'http'], {}, 'synapse-toon: --port must be a whole number'],
    [[], { PORT: 'http' }, 'synapse-toon: PORT must be a whole number'],
    [['--interval-ms=-5'], {}, 'synapse-toon: --interval-ms must be a whole number'],
    [
      ['--replay', 'missing.sse'],
      {},
      'synapse-toon: --replay "missing.sse" cannot be read (ENOENT)',
    ],
    [['--docs', 'missing'], {}, 'synapse-toon: --docs "missing" cannot be read (ENOENT)'],
    [[], { OPENAI_API_KEY: 'sk-secret' }, 'synapse-toon: --model is missing'],
    [['--model', 'm'], {}, 'synapse-toon: --model "m" has no API to ask'],
    [['--log', 'disk'], {}, 'synapse-toon: --log must be one of memory, level, redis'],
    [['--log', 'redis'], {}, 'synapse-toon: --redis-url is missing'],
    [[], { REDIS_URL: 'http://:sk-secret@h' }, 'synapse-toon: REDIS_URL must be a redis or rediss'],
    [['--prot', '1'], {}, "error: unknown option '--prot'"],
    [['extra'], {}, 'error: too many arguments'],
  ])('serve %j with %j says why in one line and ends with 2', async (args, env, text) => {
    const { io, out, err } = fakeProcess(env)
    expect(await main(['serve', ...args], io)).toBe(2)
    expect(out()).toBe('')
    expect(err()).toContain(text)
    expect(err()).not.toContain('sk-secret')
    expect(err()).not.toMatch(/^\s+at /m)
  })

  it('because its recording is none says which file, and why', async () => {
    const file = join(tempFolder({ 'a.jsonl': '{"type":"ping"}' }), 'a.jsonl')
    const { io, err } = fakeProcess()
    expect(await main(['serve', '--replay', file], io)).toBe(2)
    expect(err().split('\n')).toHaveLength(2)
    expect(err()).toContain('nothing in it has "object": "chat.completion.chunk"')
  })

  it('because its host is none of this machine says so and ends with 1', async () => {
    const { io, err } = fakeProcess()
    const args = ['serve', '--docs', docs(), '--host', '192.0.2.1', '--log-level', 'silent']
    expect(await main([...args, '--port', '0'], io)).toBe(1)
    expect(err()).toContain('synapse-toon: --host "192.0.2.1" is no address of this machine')
  })
})

describe('a command that only tells', () => {
  it('prints the version of the package', async () => {
    const { io, out } = fakeProcess()
    expect(await main(['--version'], io)).toBe(0)
    expect(out()).toBe(`${packageVersion()}\n`)
  })

  it.each([[['--help']], [['serve', '--help']]])(
    'prints help with examples for %j',
    async (args) => {
      const { io, out } = fakeProcess()
      expect(await main(args, io)).toBe(0)
      expect(out()).toContain('Examples:')
      expect(out()).toContain('OPENAI_BASE_URL')
    },
  )

  it('prints help and ends with 2 when it is not told what to do', async () => {
    const { io, err } = fakeProcess()
    expect(await main([], io)).toBe(2)
    expect(err()).toContain('serve')
  })
})
