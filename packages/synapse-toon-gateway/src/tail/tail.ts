import type { Clock } from 'synapse-toon'
import { openStream, type StreamState, type StreamStatus, type Summary } from 'synapse-toon/client'
import { startBottomLine } from './bottom-line.ts'
import { type Chaos, createChaos } from './chaos.ts'
import { describeFailure } from './describe-failure.ts'
import { EXIT } from './exit-codes.ts'
import { counted, type Figures, figuresLine } from './figures.ts'
import { goOnCommand } from './go-on.ts'
import { oneLine } from './one-line.ts'
import { createOutput } from './output.ts'
import { createPrinter } from './printer.ts'
import { systemClock, type TailIo, type TailSignal } from './tail-io.ts'
import type { TailSettings } from './tail-settings.ts'
import { createWire } from './wire.ts'

const EXIT_OF_SIGNAL: { readonly [Signal in TailSignal]: number } = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
}

/**
 * Reads a stream to its end, and prints it as it comes.
 *
 * @returns the exit code: see `EXIT`
 */
export async function tail(
  settings: TailSettings,
  io: TailIo,
  clock: Clock = systemClock,
): Promise<number> {
  const { url, method, headers, protocol, encoding, terminal, lastEventId, timeoutMs } = settings
  let usage: unknown
  let firstAt: number | undefined
  let lastAt = 0
  let wasOpen = false
  /** Why the first attempt brought no stream: then there is no use in waiting for others. */
  let early: unknown
  let signal: TailSignal | undefined

  const out = createOutput(io.stdout, () => stream.close())
  const err = createOutput(io.stderr)
  const printer = createPrinter(settings.mode, io.stdout.isTTY === true, out.write)
  const chaos = await chaosOf(settings, clock, () => wire.cut())
  const wire = createWire({
    onBytes(bytes) {
      chaos?.came()
      return printer.printRaw(bytes)
    },
    onAsked: () => chaos?.asked(),
  })
  const stream = openStream(url, {
    method,
    body: settings.data,
    headers: headersOf(settings),
    protocol,
    encoding,
    terminal,
    lastEventId,
    timeouts: timeoutMs === undefined ? {} : { connect: timeoutMs, contentIdle: timeoutMs },
    fetch: wire.fetch,
    onStatus,
  })
  const bottom = settings.stats
    ? startBottomLine(io.stderr, clock, () => `${stateLine(stream.state)}${figuresLine(figures())}`)
    : undefined
  const signals = Object.keys(EXIT_OF_SIGNAL).map((name) => {
    const listener = () => onSignal(name as TailSignal)
    io.signals.on(name as TailSignal, listener)
    return () => io.signals.off(name as TailSignal, listener)
  })

  function onStatus(status: StreamStatus): void {
    if (status.type === 'open') wasOpen = true
    else if (status.type === 'buffered') say(`all events came at once, late; ${status.cure}`)
    else if (status.type === 'waiting' && !wasOpen) {
      early = status.error
      stream.close()
    }
  }

  function onSignal(name: TailSignal): void {
    if (signal !== undefined) {
      bottom?.end()
      io.exit(EXIT_OF_SIGNAL[name])
    }
    signal = name
    out.abandon()
    stream.close()
  }

  function say(text: string): void {
    err.write(`synapse-toon: ${oneLine(text)}\n`)
  }

  function figures(): Figures {
    const { wireBytes } = wire
    return { ...stream.stats, wireBytes, contentMs: lastAt - (firstAt ?? lastAt), usage }
  }

  function goOn(): string | undefined {
    // The same request to a provider would be another answer.
    if (protocol === 'openai' || protocol === 'anthropic') return undefined
    const address = wire.address ?? (method === 'GET' ? url : undefined)
    return goOnCommand({
      address,
      lastEventId: stream.lastEventId,
      hasHeaders: headers.length > 0,
    })
  }

  /** @throws what ended the stream */
  async function read(): Promise<Summary> {
    for await (const event of stream) {
      lastAt = clock.now()
      firstAt ??= lastAt
      await printer.print(event)
    }
    const summary = await stream.done
    if (early !== undefined) throw early
    usage = summary.usage
    return summary
  }

  function codeOf(reason: Summary['reason']): number {
    if (signal !== undefined) {
      say(`left; ${leftCure(goOn())}`)
      return EXIT_OF_SIGNAL[signal]
    }
    if (reason !== 'cancelled') return EXIT.complete
    say('the answer was cancelled; ask again for a whole one')
    return EXIT.cancelled
  }

  function failed(error: unknown): number {
    const failure = describeFailure(error, { goOn: goOn(), address: wire.address })
    if (failure === undefined) throw error
    say(`${failure.problem}; ${failure.cure}`)
    return EXIT[failure.exit]
  }

  try {
    const ended = await read().catch((error: unknown) => ({ error }))
    printer.end()
    await out.flush()
    bottom?.end()
    if (out.failure !== undefined) return outputFailed(out.failure, say)
    const code = 'error' in ended ? failed(ended.error) : codeOf(ended.reason)
    if (chaos !== undefined) say(chaosLine(chaos, figures()))
    if (settings.stats) say(figuresLine(figures()))
    await err.flush()
    return code
  } finally {
    stream.close()
    bottom?.end()
    chaos?.asked()
    for (const off of signals) off()
    out.release()
    err.release()
  }
}

async function chaosOf(
  { chaosMs, chaosSeed }: TailSettings,
  clock: Clock,
  cut: () => void,
): Promise<Chaos | undefined> {
  if (chaosMs === undefined) return undefined
  // Only here: it is a part of the library for tests.
  const { createSeededRandom } = await import('synapse-toon/testing')
  return createChaos(chaosMs, createSeededRandom(chaosSeed), clock, cut)
}

function headersOf({ headers, data }: TailSettings): Headers {
  const fields = new Headers(data === undefined ? {} : { 'Content-Type': 'application/json' })
  const given = new Headers(headers.map(([name, value]) => [name, value]))
  for (const [name, value] of given) fields.set(name, value)
  return fields
}

/** What is usual needs no words. */
function stateLine(state: StreamState): string {
  return state === 'open' ? '' : `${state}: `
}

function leftCure(command: string | undefined): string {
  if (command !== undefined) return `go on with ${command}`
  return 'there is nothing to go on from: no event id, or no address of the stream'
}

function outputFailed({ code, message }: NodeJS.ErrnoException, say: (text: string) => void) {
  if (code === 'EPIPE') return EXIT.outputClosed
  say(`the output cannot be written: ${message}; make room, or write elsewhere`)
  return EXIT.unwritable
}

function chaosLine({ cuts, seed }: Chaos, { resumes, gaps, dropped }: Figures): string {
  const facts = [
    counted(resumes, 'resume'),
    counted(gaps, 'gap'),
    `${dropped} sent again and dropped`,
  ]
  return `chaos: ${counted(cuts, 'cut')}, ${facts.join(', ')}; the same again with --chaos-seed ${seed}`
}
