import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { mergeText } from './merge.ts'
import { DEFAULT_SETTINGS, resolveOptions } from './resolve-options.ts'
import type { StreamOptions } from './settings.ts'

const resolve = (options: unknown, known?: string[]) =>
  resolveOptions(options as StreamOptions, DEFAULT_SETTINGS, known)

/** Bad for every option that is a number of anything. */
const NO_NUMBERS: [unknown, string][] = [
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [1500.5, '1500.5'],
  ['5000', '"5000"'],
  [null, 'null'],
  [10n, '10n'],
  [true, 'true'],
]
const MS = 'a whole number from 0 to 2147483647 (ms, 0 switches it off)'
const NO_MS: [unknown, string][] = [...NO_NUMBERS, [-1, '-1'], [2 ** 31, '2147483648']]
const NO_FUNCTIONS: [unknown, string][] = [
  ['text', '"text"'],
  [1, '1'],
  [null, 'null'],
  [{}, 'an object with keys []'],
]

const BAD: [option: string, rule: string, values: [unknown, string][]][] = [
  ['heartbeat', MS, NO_MS],
  ['commitAfter', MS, NO_MS],
  ['continueFor', MS, NO_MS],
  ['deadlines.connect', MS, NO_MS],
  ['deadlines.firstChunk', MS, NO_MS],
  ['deadlines.idle', MS, NO_MS],
  ['deadlines.total', MS, NO_MS],
  ['deadlines.stall', MS, NO_MS],
  [
    'deadlines',
    'an object of milliseconds, for example { idle: 60000 }',
    [
      [60_000, '60000'],
      ['1m', '"1m"'],
      [null, 'null'],
    ],
  ],
  [
    'maxBufferSize',
    'a whole number from 1024 to 9007199254740991 (bytes, default 65536)',
    [...NO_NUMBERS, [0, '0'], [1023, '1023'], [-65_536, '-65536']],
  ],
  [
    'slowClient',
    'one of wait, merge, disconnect',
    [
      ['drop', '"drop"'],
      ['Wait', '"Wait"'],
      [true, 'true'],
      [null, 'null'],
    ],
  ],
  [
    'profile',
    'one of synapse, openai, ai-sdk',
    [
      ['OpenAI', '"OpenAI"'],
      ['', '""'],
      [null, 'null'],
    ],
  ],
  [
    'model',
    'a string that is not empty, or left out',
    [
      ['', '""'],
      [4, '4'],
      [null, 'null'],
    ],
  ],
  ['merge', 'a function', NO_FUNCTIONS],
  ['streamUrl', 'a function', NO_FUNCTIONS],
  ['fallback', 'a function', NO_FUNCTIONS],
  ['exposeError', 'a function', [...NO_FUNCTIONS, [true, 'true']]],
  [
    'resume',
    'true or false',
    [
      [1, '1'],
      ['false', '"false"'],
      [null, 'null'],
    ],
  ],
  [
    'compression',
    'true, false or a list of gzip, deflate, zstd, br',
    [
      [1, '1'],
      ['gzip', '"gzip"'],
      [['gzip', 'lzma'], '"gzip, lzma"'],
      [null, 'null'],
    ],
  ],
  [
    'onDisconnect',
    'one of cancel, continue',
    [
      ['abort', '"abort"'],
      [false, 'false'],
      [null, 'null'],
    ],
  ],
  [
    'principal',
    'a string that is not empty, a function, or left out',
    [
      ['', '""'],
      [42, '42'],
      [null, 'null'],
    ],
  ],
  [
    'fallbackStatus',
    'a whole number from 200 to 599 (an HTTP status, default 200)',
    [...NO_NUMBERS, [199, '199'], [600, '600'], [0, '0']],
  ],
  [
    'observer',
    'an object of methods, for example { ended(summary) {} }',
    [
      [console.log, 'function log'],
      ['log', '"log"'],
      [null, 'null'],
    ],
  ],
]

/** `{ deadlines: { idle: 1 } }` for the option `deadlines.idle`. */
function optionsWith(option: string, value: unknown): object {
  const [name, field] = option.split('.') as [string, string?]
  return { [name]: field === undefined ? value : { [field]: value } }
}

describe('resolveOptions', () => {
  const bad = BAD.flatMap(([option, rule, values]) =>
    values.map(([value, shown]) => [option, shown, rule, value] as const),
  )
  it.each(bad)('rejects %s: %s, naming option, rule and value', (option, shown, rule, value) => {
    const call = () => resolve(optionsWith(option, value))
    expect(call).toThrow(InvalidOptionError)
    expect(call).toThrow(
      expect.objectContaining({
        code: 'ERR_SYNAPSE_INVALID_OPTION',
        message: `${option} must be ${rule}, got ${shown}`,
      }),
    )
  })

  it.each([
    ['null', null, 'null'],
    ['a function', () => {}, 'function (anonymous)'],
    ['a string', 'fast', '"fast"'],
  ])('rejects %s in place of options, and says where a transform goes', (_what, options, shown) => {
    expect(() => resolve(options)).toThrow(
      `options must be an object (a transform goes in as { transform }), got ${shown}`,
    )
  })

  it('rejects a misspelt option and lists the known ones', () => {
    const call = () => resolve({ heartBeat: 1000 }, ['transform'])
    expect(call).toThrow(InvalidOptionError)
    expect(call).toThrow(/^an option must be one of deadlines, heartbeat, .*, got "heartBeat"$/)
    expect(call).toThrow(/observer, transform, got/)
  })

  it('rejects a misspelt deadline and lists the known ones', () => {
    expect(() => resolve({ deadlines: { first: 1 } })).toThrow(
      'a name in deadlines must be one of connect, firstChunk, idle, total, stall, got "first"',
    )
  })

  it('rejects every name that is not one of an option, also those that each object has', () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom('constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'),
    )
    fc.assert(
      fc.property(names, (name) => {
        fc.pre(!(name in DEFAULT_SETTINGS) || name in {})
        fc.pre(!['principal', 'streamUrl', 'fallback', 'exposeError'].includes(name))
        fc.pre(!['observer', 'onDisconnect', '__proto__'].includes(name))
        expect(() => resolve({ [name]: 1 })).toThrow(InvalidOptionError)
        expect(() => resolve({ deadlines: { [name]: 1 } })).toThrow(InvalidOptionError)
      }),
    )
  })

  it('leaves the names that its caller takes care of out', () => {
    expect(resolve({ transform: 1, heartbeat: 5 }, ['transform'])).toEqual({
      ...DEFAULT_SETTINGS,
      heartbeat: 5,
    })
  })

  it('has the defaults of the documentation', () => {
    expect(resolveOptions(undefined)).toEqual({
      deadlines: {
        connect: 10_000,
        firstChunk: 60_000,
        idle: 60_000,
        total: 300_000,
        stall: 30_000,
      },
      heartbeat: 15_000,
      commitAfter: 10_000,
      maxBufferSize: 65_536,
      slowClient: 'wait',
      merge: mergeText,
      resume: true,
      compression: true,
      profile: 'synapse',
      model: 'synapse-toon',
      continueFor: 30_000,
      fallbackStatus: 200,
    })
  })

  it('accepts the outermost good values', () => {
    const options: StreamOptions = {
      deadlines: { connect: 0, firstChunk: 0, idle: 2 ** 31 - 1, total: 1_800_000, stall: 0 },
      heartbeat: 0,
      commitAfter: 0,
      maxBufferSize: 1024,
      slowClient: 'disconnect',
      merge: () => undefined,
      resume: false,
      onDisconnect: 'continue',
      continueFor: 2 ** 31 - 1,
      compression: ['zstd', 'br', 'deflate', 'gzip'],
      principal: 'user-1',
      profile: 'ai-sdk',
      model: 'm',
      streamUrl: (id) => id,
      fallback: () => undefined,
      fallbackStatus: 599,
      exposeError: String,
      observer: {},
    }
    expect(resolveOptions(options)).toEqual(options)
  })

  it('lays the options of a call over those of the server, deadline by deadline', () => {
    const server = resolveOptions({ heartbeat: 1, deadlines: { idle: 1, total: 1 }, resume: false })
    const call = resolveOptions({ heartbeat: 2, deadlines: { total: 2 } }, server)
    expect(call).toEqual({
      ...DEFAULT_SETTINGS,
      heartbeat: 2,
      resume: false,
      deadlines: { ...DEFAULT_SETTINGS.deadlines, idle: 1, total: 2 },
    })
    expect(server.deadlines.total).toBe(1)
  })

  it('takes undefined for left out, among the deadlines too', () => {
    const server = resolveOptions({ heartbeat: 1, deadlines: { idle: 1 } })
    const call = { heartbeat: undefined, principal: undefined, deadlines: { idle: undefined } }
    expect(resolveOptions(call, server)).toEqual(server)
    expect(resolveOptions({ deadlines: undefined }, server)).toBe(server)
  })

  it('gives the very settings of the server back when a call changes nothing', () => {
    expect(resolveOptions(undefined, DEFAULT_SETTINGS)).toBe(DEFAULT_SETTINGS)
    expect(resolveOptions({}, DEFAULT_SETTINGS)).toBe(DEFAULT_SETTINGS)
  })

  it('warns of a total deadline above the 30 minutes of the seed, and not of one up to it', async () => {
    const warnings = listenToWarnings()
    resolveOptions({ deadlines: { total: 1_800_000 } })
    expect(await warnings()).toEqual([])
    expect(resolveOptions({ deadlines: { total: 1_800_001 } }).deadlines.total).toBe(1_800_001)
    expect(await warnings()).toEqual(['SYNAPSE_LONG_DEADLINE'])
  })
})
