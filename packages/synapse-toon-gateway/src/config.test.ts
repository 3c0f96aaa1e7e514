import { describe, expect, it } from 'vitest'
import { checkSettings, type Environment, type Flags, nameOf, readSettings } from './config.ts'
import { SettingError } from './setting-error.ts'

const check = (flags: Flags, env: Environment = {}) => checkSettings(readSettings(flags, env))

/** What the command line would print. */
function problem(flags: Flags, env: Environment = {}): string {
  try {
    check(flags, env)
  } catch (error) {
    if (!(error instanceof SettingError)) throw error
    return `${nameOf(error.setting, flags, env)} ${error.problem}`
  }
  throw new Error('nothing was refused')
}

describe('where a setting comes from', () => {
  it('is the default when nobody gives one', () => {
    expect(check({}, { HOME: '/home/ann' })).toEqual({
      host: '127.0.0.1',
      port: 8787,
      logLevel: 'info',
      intervalMs: 20,
      log: 'level',
      dataDir: '/home/ann/.local/state/synapse-toon',
      redisPrefix: 'synapse-toon',
      drainMs: 7_000,
    })
  })

  it('is the environment before the default, and the flag before both', () => {
    expect(check({}, { PORT: '9000' }).port).toBe(9000)
    expect(check({ port: '0' }, { PORT: '9000' }).port).toBe(0)
  })

  it('is a number for limits and proxies, from a flag or a variable', () => {
    const env = { SYNAPSE_MAX_STREAMS: '500', SYNAPSE_TRUST_PROXY: '1' }
    const flags = { maxStreams: '200', maxStreamsPerPrincipal: '3' }
    expect(check(flags, env)).toMatchObject({
      maxStreams: 200,
      maxStreamsPerPrincipal: 3,
      trustProxy: 1,
    })
  })

  it('is not a variable that is empty', () => {
    expect(check({}, { PORT: '', OPENAI_API_KEY: '', OPENAI_MODEL: '' })).toEqual(check({}))
  })

  it('is memory for the log of who embeds the gateway, unless a place is named', () => {
    expect(checkSettings({}).log).toBe('memory')
    expect(checkSettings({ dataDir: 'd' }).log).toBe('level')
    expect(checkSettings({ redisUrl: 'redis://h' }).log).toBe('redis')
  })

  it('is not the environment for what a flag has decided otherwise', () => {
    const env = { OPENAI_API_KEY: 'sk-1', OPENAI_MODEL: 'm' }
    expect(check({ docs: 'd' }, env)).toMatchObject({ docs: 'd', apiKey: undefined })
    expect(check({ replay: 'r.sse' }, env)).toMatchObject({ replay: 'r.sse', model: undefined })
    expect(check({}, { OPENAI_MODEL: 'm' }).model).toBeUndefined()
  })

  it('may be the environment for the key and a flag for the model', () => {
    const env = { OPENAI_API_KEY: ' sk-1\n', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }
    expect(check({ model: 'a' }, { ...env, OPENAI_MODEL: 'b' })).toMatchObject({
      apiKey: 'sk-1',
      baseUrl: 'http://127.0.0.1:1/v1',
      model: 'a',
    })
  })
})

describe('a setting that cannot be used', () => {
  it.each<[Flags, Environment, string[]]>([
    [{ port: 'abc' }, {}, ['--port must be a whole number from 0 to 65535', 'got "abc"']],
    [{ port: '65536' }, {}, ['--port', '65535', 'got 65536']],
    [{ port: '-1' }, {}, ['--port', 'got "-1"']],
    [{ port: '80.5' }, {}, ['--port', 'got "80.5"']],
    [{ port: '' }, {}, ['--port', 'got ""']],
    [{}, { PORT: '0x50' }, ['PORT must be a whole number', 'got "0x50"']],
    [{ intervalMs: '1s' }, {}, ['--interval-ms', 'ms, 0: no pause', 'got "1s"']],
    [{ logLevel: 'loud' }, {}, ['--log-level must be one of silent, fatal', 'got "loud"']],
    [{ host: '' }, {}, ['--host must be an address', '127.0.0.1']],
    [{ replay: ' ' }, {}, ['--replay must name a .jsonl or .sse file']],
    [{}, { OPENAI_BASE_URL: 'localhost:1' }, ['OPENAI_BASE_URL must be an http', '"localhost:1"']],
    [{}, { OPENAI_API_KEY: 'sk-1' }, ['--model is missing', 'OPENAI_MODEL', 'OPENAI_API_KEY']],
    [{ model: 'm' }, {}, ['--model "m" has no API to ask', 'OPENAI_API_KEY', 'OPENAI_BASE_URL']],
    [{ log: 'sqlite' }, {}, ['--log must be one of memory, level, redis', 'got "sqlite"']],
    [{}, { SYNAPSE_LOG: 'disk' }, ['SYNAPSE_LOG must be one of memory, level', 'got "disk"']],
    [
      { log: 'redis' },
      {},
      ['--redis-url is missing', '--redis-url redis://HOST:6379', 'REDIS_URL'],
    ],
    [{ redisUrl: 'h:6379' }, {}, ['--redis-url must be a redis or rediss', '"h:6379"']],
    [{}, { REDIS_URL: 'http://h' }, ['REDIS_URL must be a redis or rediss', '"http://h"']],
    [{ redisPrefix: 'a{b}' }, {}, ['--redis-prefix must be 1 to 64 letters', 'got "a{b}"']],
    [{ dataDir: ' ' }, {}, ['--data-dir must name a folder']],
    [
      { log: 'memory', dataDir: 'd' },
      {},
      ['--data-dir "d" cannot be used with --log memory', 'leave one out'],
    ],
    [
      { redisUrl: 'redis://h', dataDir: 'd' },
      {},
      ['--data-dir "d" cannot be used with --log redis', 'leave one out'],
    ],
    [
      { log: 'level', redisUrl: 'redis://h' },
      {},
      ['--redis-url cannot be used with --log level', 'leave one out'],
    ],
    [{ drainMs: '1s' }, {}, ['--drain-ms', 'ms, 0: running answers end at once', 'got "1s"']],
    [{}, { SYNAPSE_DRAIN_MS: '-1' }, ['SYNAPSE_DRAIN_MS', 'got "-1"']],
    [{ continueMs: '0' }, {}, ['--continue-ms', 'from 1000', 'nobody reads it', 'got 0']],
    [{ keepMs: '999' }, {}, ['--keep-ms', 'from 1000', 'after its end', 'got 999']],
    [{ maxStreams: '0' }, {}, ['--max-streams must be a whole number from 1', 'no limit', 'got 0']],
    [
      {},
      { SYNAPSE_MAX_STREAMS: 'many' },
      ['SYNAPSE_MAX_STREAMS must be a whole number', 'got "many"'],
    ],
    [
      { maxStreamsPerPrincipal: '1.5' },
      {},
      ['--max-streams-per-principal', 'for each who asks', 'got "1.5"'],
    ],
    [
      {},
      { SYNAPSE_MAX_STREAMS_PER_PRINCIPAL: '-3' },
      ['SYNAPSE_MAX_STREAMS_PER_PRINCIPAL', 'got "-3"'],
    ],
    [{ trustProxy: '11' }, {}, ['--trust-proxy', 'from 0 to 10 (proxies in front', 'got 11']],
    [{}, { SYNAPSE_TRUST_PROXY: 'true' }, ['SYNAPSE_TRUST_PROXY', '0: none', 'got "true"']],
    [{ principalHeader: 'X User' }, {}, ['--principal-header must be the name', '"X User"']],
    [{ replay: 'a.sse', docs: 'd' }, {}, ['--replay "a.sse"', '--docs', 'leave one out']],
    [{ docs: 'd', model: 'm' }, {}, ['--docs "d"', '--model', 'leave one out']],
    [
      { replay: 'a.sse', model: 'm' },
      { OPENAI_API_KEY: 'sk-1' },
      ['--replay', '--model', 'leave one out'],
    ],
  ])('%j with %j is refused by its name, with its value and the cure', (flags, env, texts) => {
    for (const text of texts) expect(problem(flags, env)).toContain(text)
  })

  it('is not shown when it is a secret', () => {
    const withKey = problem({ model: 'm' }, { OPENAI_API_KEY: 'sk-1 secret' })
    expect(withKey).toBe('OPENAI_API_KEY must be printable ASCII without spaces')
    const env = { OPENAI_BASE_URL: 'https://me:secret@example.org/v1' }
    expect(problem({ model: 'm' }, env)).toContain('OPENAI_BASE_URL must be an http or https')
    expect(problem({ model: 'm' }, env)).not.toContain('secret')
  })

  it.each(['redis://me:secret@h', 'redis://h?password=secret', 'rediss://:secret@h:1'])(
    'is not shown when it may hold a password: %s',
    (url) => {
      const wrong = url.replace(/^rediss?:/, 'http:')
      expect(problem({ redisUrl: wrong })).toContain('--redis-url must be a redis or rediss')
      expect(problem({ redisUrl: wrong })).not.toContain('secret')
      expect(problem({ redisUrl: url, log: 'level' })).not.toContain('secret')
    },
  )

  it('keeps its own name for who embeds the gateway', () => {
    expect(() => checkSettings({ port: 70_000 })).toThrow('port must be a whole number')
  })
})
