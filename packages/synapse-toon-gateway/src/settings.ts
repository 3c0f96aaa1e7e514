import { z } from 'zod'

/** pino's levels. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** Where the records of answers are kept: this process, this machine's disk, what several share. */
export const LOG_KINDS = ['memory', 'level', 'redis'] as const
export type LogKind = (typeof LOG_KINDS)[number]

const MAX_PORT = 65_535

/** A minute between two words is no stream any more. */
const MAX_INTERVAL_MS = 60_000

/** An answer that takes longer is forgotten, not long: the library warns above 30 minutes. */
const MAX_ANSWER_MS = 3_600_000

/** Longest time that a timer of Node holds: 2^31 - 1 ms, 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Shorter than a client needs to come back, an answer might as well not be kept. */
const MIN_KEPT_MS = 1_000

/** More proxies stand before nobody: the library takes no larger number. */
const MAX_PROXIES = 10

/** More files than a process can open: as good as no limit. */
const MAX_STREAMS = 1_000_000

/** As it comes from the command line or the environment (text), or from code (a number). */
function wholeNumber(min: number, max: number, meaning: string) {
  const rule = `must be a whole number from ${min} to ${max} (${meaning})`
  const digits = z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
  return z.union([z.number(), digits], rule).pipe(z.int(rule).min(min, rule).max(max, rule))
}

function text(rule: string) {
  return z.string(rule).regex(/\S/, rule)
}

/** Printable ASCII: anything else would break the header, and the error would show the key. */
const KEY = /^[\x21-\x7e]+$/

function isPlainAddress(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

function isRedisAddress(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  return /^rediss?:$/.test(protocol) && hostname !== ''
}

/** [RFC 9110 §5.6.2] what a header may be called. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Every setting, its rule and its default; a message completes "<name> …, got <value>". */
export const settingsSchema = z.object({
  /** Address to listen on. */
  host: text('must be an address or a host name, for example 127.0.0.1').default('127.0.0.1'),
  /** Port to listen on; 0: any free one. */
  port: wholeNumber(0, MAX_PORT, '0: any free port').default(8787),
  logLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  /** Between two words or recorded chunks, in ms; 0: as fast as they are taken. */
  intervalMs: wholeNumber(0, MAX_INTERVAL_MS, 'ms, 0: no pause').default(20),
  /** Recording to answer with. */
  replay: text('must name a .jsonl or .sse file').optional(),
  /** Folder of Markdown files to answer from. */
  docs: text('must name a folder of Markdown files').optional(),
  /** Model to ask. */
  model: text('must name a model').optional(),
  /** Address of an OpenAI-compatible API, up to and without `/chat/completions`. */
  baseUrl: z
    .string()
    .refine(
      isPlainAddress,
      'must be an http or https address without user name or password, for example http://127.0.0.1:11434/v1',
    )
    .optional(),
  apiKey: z.string().trim().regex(KEY, 'must be printable ASCII without spaces').optional(),
  /** Where answers are kept for resume. Default: what `dataDir` or `redisUrl` says, else `memory`. */
  log: z.enum(LOG_KINDS, `must be one of ${LOG_KINDS.join(', ')}`).optional(),
  /** Folder of the log `level`; made where it is missing. */
  dataDir: text('must name a folder').optional(),
  /** Server of the log `redis`. */
  redisUrl: z
    .string()
    .refine(isRedisAddress, 'must be a redis or rediss address, for example redis://127.0.0.1:6379')
    .optional(),
  /** Begins all keys of the log `redis`: gateways with the same one share their answers. */
  redisPrefix: z
    .string()
    .regex(/^[\w:.-]{1,64}$/, 'must be 1 to 64 letters, digits or any of _ : . -')
    .default('synapse-toon'),
  /** For running answers when the gateway is closed, in ms; 0: none. Below Docker's 10 s. */
  drainMs: wholeNumber(0, MAX_ANSWER_MS, 'ms, 0: running answers end at once').default(7_000),
  /** How long an answer goes on while nobody reads it, in ms. Default: the library's, 30 000. */
  continueMs: wholeNumber(
    MIN_KEPT_MS,
    MAX_ANSWER_MS,
    'ms that an answer goes on while nobody reads it',
  ).optional(),
  /** How long an answer can be read after its end, in ms. Default: that of the log. */
  keepMs: wholeNumber(
    MIN_KEPT_MS,
    MAX_TIMER_MS,
    'ms that an answer can be read after its end',
  ).optional(),
  /** Header in which a proxy says who asks; that proxy must take it away from what clients send. */
  principalHeader: z
    .string()
    .regex(HEADER_NAME, 'must be the name of a header, for example X-User')
    .optional(),
  /** Most answers that this gateway makes at once. Default: no limit. */
  maxStreams: wholeNumber(1, MAX_STREAMS, 'answers at once; leave it out for no limit').optional(),
  /**
   * Most of them for one who asks: a principal, else an address, which behind a proxy is known only
   * with `trustProxy`. Default: no limit.
   */
  maxStreamsPerPrincipal: wholeNumber(
    1,
    MAX_STREAMS,
    'answers at once for each who asks; leave it out for no limit',
  ).optional(),
  /** How many proxies before us say from what address they were asked. Default 0: none. */
  trustProxy: wholeNumber(0, MAX_PROXIES, 'proxies in front; 0: none').optional(),
})

/** Settings as given: everything may be left out. */
export type SettingsInput = z.input<typeof settingsSchema>
export type SettingName = keyof SettingsInput
/** Checked, and with every default filled in. */
export type Settings = z.output<typeof settingsSchema> & { readonly log: LogKind }
