import { z } from 'zod'

/** pino's levels. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

const MAX_PORT = 65_535

/** A minute between two words is no stream any more. */
const MAX_INTERVAL_MS = 60_000

/** As it comes from the command line or the environment (text), or from code (a number). */
function wholeNumber(max: number, meaning: string) {
  const rule = `must be a whole number from 0 to ${max} (${meaning})`
  const digits = z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
  return z.union([z.number(), digits], rule).pipe(z.int(rule).min(0, rule).max(max, rule))
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

/** Every setting, its rule and its default; a message completes "<name> …, got <value>". */
export const settingsSchema = z.object({
  /** Address to listen on. */
  host: text('must be an address or a host name, for example 127.0.0.1').default('127.0.0.1'),
  /** Port to listen on; 0: any free one. */
  port: wholeNumber(MAX_PORT, '0: any free port').default(8787),
  logLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  /** Between two words or recorded chunks, in ms; 0: as fast as they are taken. */
  intervalMs: wholeNumber(MAX_INTERVAL_MS, 'ms, 0: no pause').default(20),
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
})

/** Settings as given: everything may be left out. */
export type SettingsInput = z.input<typeof settingsSchema>
export type Settings = z.output<typeof settingsSchema>
export type SettingName = keyof Settings
