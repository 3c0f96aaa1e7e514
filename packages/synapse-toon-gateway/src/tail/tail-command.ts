import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { exitCodesHelp } from './exit-codes.ts'
import { tail } from './tail.ts'
import type { TailIo } from './tail-io.ts'
import type { TailSettings } from './tail-settings.ts'

const EXAMPLES = `
Examples:
  synapse-toon tail 'http://127.0.0.1:8787/chat/stream?message=how+do+I+resume'
  synapse-toon tail http://127.0.0.1:8787/chat/stream -d '{"message":"hi"}' --stats
  synapse-toon tail URL --chaos=0.5 --stats            cut the line now and then: nothing is lost
  synapse-toon tail https://api.openai.com/v1/chat/completions --protocol openai \\
    -H "Authorization: Bearer $OPENAI_API_KEY" -d @question.json
  synapse-toon tail URL --json | jq .payload           one line of JSON for each event
`

/** Default of `--chaos`, in seconds. */
const CHAOS_SECONDS = 2

/** What commander makes of the options. */
interface TailFlags {
  readonly json?: true
  readonly raw?: true
  readonly stats?: true
  readonly chaos?: true | number
  readonly chaosSeed?: number
  readonly method?: string
  readonly data?: string
  readonly header?: readonly (readonly [string, string])[]
  readonly protocol: TailSettings['protocol']
  readonly encoding?: TailSettings['encoding']
  readonly terminal?: string
  readonly lastEventId?: string
  readonly timeout?: number
}

/**
 * Adds `tail` to a program.
 *
 * @param onTail gets what is to be run when the command line asks for it
 */
export function addTailCommand(
  program: Command,
  io: TailIo,
  onTail: (run: () => Promise<number>) => void,
): void {
  const command = program
    .command('tail')
    .description('read a stream, over lost connections, and print it as it comes')
    .argument('<url>', 'address of a stream, or where to ask for one', readUrl)
    .option('--json', 'print each event as a line of JSON: id, event, payload')
    .addOption(new Option('--raw', 'print the frames as they come').conflicts('json'))
    .option('--stats', 'say on stderr how fast it comes, and how much')
    .option(
      '--chaos [seconds]',
      `cut the own connection about every so many seconds, to show that nothing is lost (default: ${CHAOS_SECONDS})`,
      readSeconds,
    )
    .option('--chaos-seed <number>', 'cut after the same times again', readSeed)
    .option('-X, --method <name>', 'default: GET, and POST with --data', readMethod)
    .option('-d, --data <json>', 'body to send; @FILE: from a file', readData)
    .option('-H, --header <line>', "'Name: value'; may be given again", readHeader)
    .addOption(
      new Option('--protocol <name>', 'how to read the stream')
        .choices(['auto', 'synapse', 'eventsource', 'openai', 'anthropic'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--encoding <name>',
        'of payloads, asked of our servers; text: as they are',
      ).choices(['json', 'toon', 'base64', 'br', 'text']),
    )
    .option('--terminal <text>', 'data that ends a plain event stream, such as [DONE]')
    .option('--last-event-id <id>', 'go on after this event')
    .option('--timeout <seconds>', 'silence after which to give up; 0: never', readSeconds)
    .addHelpText('after', `${exitCodesHelp()}${EXAMPLES}`)
  command.action((url: string, flags: TailFlags) => {
    const problem = problemOf(flags)
    if (problem !== undefined) command.error(`error: ${problem}`)
    const settings = settingsOf(url, flags)
    onTail(() => tail(settings, io))
  })
}

/** What does not go together. */
function problemOf({ chaos, chaosSeed, protocol, data, method }: TailFlags): string | undefined {
  if (chaos !== undefined && (protocol === 'openai' || protocol === 'anthropic')) {
    return `--chaos needs a stream that can be gone on with, and one of ${protocol} cannot; leave out one of the two`
  }
  if (chaosSeed !== undefined && chaos === undefined) {
    return '--chaos-seed says nothing without --chaos; add that'
  }
  if (data !== undefined && (method === 'GET' || method === 'HEAD')) {
    return `--data cannot be sent with --method ${method}; leave out one of the two`
  }
  return undefined
}

function settingsOf(url: string, flags: TailFlags): TailSettings {
  const { chaos, chaosSeed, data, encoding, header = [], timeout } = flags
  const chaosSeconds = chaos === true ? CHAOS_SECONDS : chaos
  return {
    url,
    method: flags.method ?? (data === undefined ? 'GET' : 'POST'),
    data,
    headers: header,
    protocol: flags.protocol,
    encoding,
    terminal: flags.terminal,
    lastEventId: flags.lastEventId,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    mode: flags.raw ? 'raw' : flags.json ? 'json' : encoding === 'text' ? 'lines' : 'text',
    stats: flags.stats === true,
    chaosMs: chaosSeconds === undefined ? undefined : chaosSeconds * 1000,
    chaosSeed,
  }
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new InvalidArgumentError('It must begin with http:// or https://.')
}

function readSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  // The longest that a timer can wait.
  if (seconds <= 2_147_483) return seconds
  throw new InvalidArgumentError('It must be a number of seconds, such as 0.5.')
}

function readSeed(text: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (seed < 2 ** 32) return seed
  throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.')
}

/** [RFC 9110 §5.6.2] a token. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

function readMethod(text: string): string {
  if (TOKEN.test(text)) return text.toUpperCase()
  throw new InvalidArgumentError('It must be the name of a method, such as POST.')
}

function readHeader(text: string, before: readonly (readonly [string, string])[] = []) {
  const [, name = '', value = ''] = /^([^:]*):(.*)$/s.exec(text) ?? []
  // [RFC 9110 §5.5] what `fetch` takes: no line ends, and one byte for each character.
  if (TOKEN.test(name) && !/[\0\r\n]|[^\0-\xff]/.test(value))
    return [...before, [name, value.trim()] as const]
  throw new InvalidArgumentError("It must be 'Name: value'.")
}

function readData(text: string): string {
  const json = text.startsWith('@') ? readFile(text.slice(1)) : text
  try {
    JSON.parse(json)
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${(error as Error).message}.`)
  }
  return json
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new InvalidArgumentError(`The file cannot be read: ${(error as Error).message}.`)
  }
}
