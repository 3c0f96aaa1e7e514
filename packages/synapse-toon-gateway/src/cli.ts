import { Command, CommanderError } from 'commander'
import { checkSettings, type Environment, type Flags, nameOf, readSettings } from './config.ts'
import { createGateway, type Gateway } from './create-gateway.ts'
import { packageVersion } from './package-files.ts'
import { SettingError } from './setting-error.ts'
import { LOG_KINDS, LOG_LEVELS } from './settings.ts'
import { addTailCommand } from './tail/tail-command.ts'

/** Ctrl-C, and what systemd, Docker and Kubernetes send. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const
type StopSignal = (typeof STOP_SIGNALS)[number]

/** The process, as far as the command line uses it. */
export interface Io {
  readonly env: Environment
  readonly stdout: { write(text: string): void }
  readonly stderr: { write(text: string): void }
  readonly signals: {
    on(signal: StopSignal, listener: () => void): void
    off(signal: StopSignal, listener: () => void): void
  }
  /** Ends the process at once. */
  exit(code: number): void
}

const EXAMPLES = `
Examples:
  synapse-toon serve                                  answer from the documentation, no key needed
  synapse-toon serve --docs ./handbook --port 0       answer from your own Markdown files
  synapse-toon serve --replay answer.sse              answer with a recorded stream
  OPENAI_API_KEY=… synapse-toon serve --model NAME    answer with a model of OpenAI
  OPENAI_BASE_URL=http://127.0.0.1:11434/v1 synapse-toon serve --model NAME
                                                      … or of any server that speaks its API
  synapse-toon serve --log redis --redis-url redis://10.0.0.5:6379
                                                      … with others, on one Redis

Environment (a flag counts more): PORT, OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL, REDIS_URL, and
SYNAPSE_LOG, SYNAPSE_DATA_DIR, SYNAPSE_REDIS_PREFIX, SYNAPSE_DRAIN_MS, SYNAPSE_CONTINUE_MS,
SYNAPSE_KEEP_MS, SYNAPSE_PRINCIPAL_HEADER, SYNAPSE_MAX_STREAMS, SYNAPSE_MAX_STREAMS_PER_PRINCIPAL,
SYNAPSE_TRUST_PROXY for the flags of these names`

/**
 * Runs a command line.
 *
 * @param argv arguments, without node and script
 * @returns the exit code: 0, 1 for what cannot work now, 2 for what is wrong in the command; `tail` has
 *   more of them
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let run: (() => Promise<number>) | undefined
  const program = createProgram(io, (flags) => {
    run = () => serve(flags, io)
  })
  addTailCommand(program, io, (tail) => {
    run = tail
  })
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    // Commander has written its line, or the help, already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
  return (await run?.()) ?? 0
}

function createProgram(io: Io, onServe: (flags: Flags) => void): Command {
  const program = new Command('synapse-toon')
    .description('Streams answers to people over Server-Sent Events, with a web page.')
    .version(packageVersion())
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
  program
    .command('serve')
    .description('start the server')
    .option('--host <address>', 'address to listen on; 0.0.0.0: anyone who can reach it may ask')
    .option('--port <number>', 'port, or env PORT; 0: any free one (default: 8787)')
    .option('--model <name>', 'model of an OpenAI-compatible API, or env OPENAI_MODEL')
    .option('--replay <file>', 'answer with a recorded OpenAI chat stream, .jsonl or .sse')
    .option('--docs <dir>', 'answer from the Markdown files of this folder')
    .option('--interval-ms <ms>', 'pause between words of --replay and --docs (default: 20)')
    .option(
      '--log <kind>',
      `where answers are kept: ${LOG_KINDS.join(', ')} (default: level; redis with REDIS_URL)`,
    )
    .option(
      '--data-dir <dir>',
      'folder of --log level (default: $XDG_STATE_HOME or ~/.local/state, in it synapse-toon)',
    )
    .option('--redis-url <url>', 'server of --log redis, or env REDIS_URL')
    .option('--redis-prefix <text>', 'begins all keys in Redis (default: synapse-toon)')
    .option(
      '--keep-ms <ms>',
      'how long an answer can be read after its end (default: 3600000 for level, else 300000)',
    )
    .option('--continue-ms <ms>', 'how long an answer goes on unread (default: 30000)')
    .option('--drain-ms <ms>', 'time for running answers when stopped (default: 7000)')
    .option(
      '--principal-header <name>',
      'header in which a proxy says who asks; it must strip what clients send in it',
    )
    .option('--max-streams <number>', 'most answers at once (default: no limit)')
    .option(
      '--max-streams-per-principal <number>',
      'most answers at once for each who asks, by principal, else address (default: no limit)',
    )
    .option('--trust-proxy <number>', 'proxies in front whose X-Forwarded-For counts (default: 0)')
    .option('--log-level <level>', `${LOG_LEVELS.join(', ')} (default: info); to stderr`)
    .addHelpText('after', EXAMPLES)
    .action(onServe)
  return program
}

async function serve(flags: Flags, io: Io): Promise<number> {
  const stop = awaitStop(io)
  let gateway: Gateway | undefined
  try {
    const settings = checkSettings(readSettings(flags, io.env))
    gateway = await createGateway({ ...settings, logStream: io.stderr })
    const url = await gateway.listen()
    const { source, records } = gateway
    io.stdout.write(
      `Synapse TOON gateway: ${url}\nWhat answers: ${source.name}. ${source.note}\nLog: ${records!.kind}, ${records!.note}\n`,
    )
    await stop.asked
    const words = `stopping: running answers have ${settings.drainMs / 1000} s; a second signal ends at once`
    gateway.app.log.info(words)
    await gateway.close()
    return 0
  } catch (error) {
    // It may hold a folder, or lines to Redis.
    await gateway?.close({ drain: 0 })
    if (!(error instanceof SettingError)) throw error
    const name = nameOf(error.setting, flags, io.env)
    io.stderr.write(`synapse-toon: ${name} ${error.problem}\n`)
    return error.exitCode
  } finally {
    stop.release()
  }
}

/** The first signal asks to stop; the second does not wait for anything. */
function awaitStop({ signals, exit }: Io): { asked: Promise<void>; release(): void } {
  let isAsked = false
  let resolve: () => void
  const asked = new Promise<void>((settle) => {
    resolve = settle
  })
  const onSignal = () => {
    if (isAsked) exit(1)
    isAsked = true
    resolve()
  }
  for (const signal of STOP_SIGNALS) signals.on(signal, onSignal)
  return {
    asked,
    release() {
      for (const signal of STOP_SIGNALS) signals.off(signal, onSignal)
    },
  }
}
