import { SynapseToonError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import { HEADER_ENCODING, HEADER_END } from '../wire/headers.ts'
import { createEventStreamParser, type ParsedEvent } from '../wire/parser.ts'
import { bufferedBy } from './buffering-watch.ts'
import type { checkPayload } from './check-payload.ts'
import {
  type Gap,
  ProtocolError,
  StreamFailedError,
  StreamPayloadError,
  TruncatedStreamError,
} from './errors.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import { createEventSourceProtocol } from './eventsource-protocol.ts'
import { createIdleClocks, type IdleClocks, type IdleKind } from './idle-clocks.ts'
import type { OpenStreamOptions } from './open-stream-options.ts'
import { type Decode, loadDecoder } from './payload-decoder.ts'
import type { Kind, Protocol, ProtocolName } from './protocol.ts'
import { createProviderProtocol } from './provider-protocol.ts'
import { readBody } from './read-body.ts'
import type { EndedBy, StreamStatus, Summary } from './stream-status.ts'
import { createSynapseProtocol } from './synapse-protocol.ts'

/** One event with content, as a consumer gets it. */
export interface StreamEvent<Payload = unknown> {
  /** Its name; `message` where it has none. */
  readonly event: string
  readonly payload: Payload
  /** The data as it came. */
  readonly data: string
  /** What to pass as `lastEventId` to go on after it; `''` for none. */
  readonly id: string
  /** Positions that are missing right before it. */
  readonly gap?: Gap | undefined
}

/** What is known of a stream so far. */
type Progress = {
  -readonly [Name in keyof Omit<Summary, 'reason' | 'durationMs'>]: Summary[Name]
}

/** Reads the responses of one stream, one after the other, into its queue. */
export interface StreamReader<Payload> {
  readonly queue: EventQueue<StreamEvent<Payload>>
  readonly progress: Progress
  /** Undefined under `auto`, until a response has told. */
  kind(): Kind | undefined
  /** @param askedAt when the request was sent, by the clock @returns undefined: its own end did not come */
  read(response: Response, askedAt: number, signal: AbortSignal): Promise<EndedBy | undefined>
  /** What a 204 means, on which our server says why the stream ended that there is nothing more of. */
  nothingMore(headers: Headers): EndedBy
}

const HEADER_STREAM = 'X-Synapse-TOON-Stream'

/** End reasons after which the same request would end in the same way. */
const FINAL_REASONS = /^(source-error|deadline)$/

/** Most characters of the text that are kept, so that a stream without end does not fill the memory. */
const MAX_TEXT = 262_144

/** Default of `maxEventBytes`. */
const MAX_EVENT_BYTES = 67_108_864

/** @throws {SynapseToonError} `protocol` is none that is known */
export function createStreamReader<Payload>(
  options: OpenStreamOptions,
  clock: Clock,
  tell: (status: StreamStatus) => void,
  onIdle: (kind: IdleKind, milliseconds: number) => void,
): StreamReader<Payload> {
  const { protocol: named = 'auto', encoding = 'json', schema, timeouts = {} } = options
  const { maxEventBytes = MAX_EVENT_BYTES } = options
  const startedAt = clock.now()
  const queue = createEventQueue<StreamEvent<Payload>>()
  const lost: Gap[] = []
  /** Dispatched by the parser and not yet read. */
  const heard: ParsedEvent[] = []
  const parser = createEventStreamParser(
    {
      onEvent: (event) => heard.push(event),
      onRetry(milliseconds) {
        progress.retry = milliseconds
      },
    },
    options.lastEventId,
  )
  let name = named
  let protocol: Protocol | undefined
  let decode: Decode
  /** Loaded with the first response, where there is a schema. */
  let check: typeof checkPayload | undefined
  let clocks: IdleClocks | undefined
  let responses = 0
  /** Before the next event with content. */
  let gap: Gap | undefined
  const progress: Progress = {
    events: 0,
    bytes: 0,
    resumes: 0,
    dropped: 0,
    gaps: 0,
    failures: 0,
    retry: undefined,
    firstEventMs: undefined,
    streamId: undefined,
    lastEventId: parser.lastEventId,
    text: '',
    usage: undefined,
  }

  if (named !== 'auto') protocol = createProtocol(named)

  function createProtocol(one: ProtocolName): Protocol {
    if (one === 'synapse') return createSynapseProtocol(options.lastEventId)
    if (one === 'eventsource') return createEventSourceProtocol(options.terminal)
    if (one === 'openai' || one === 'anthropic') return createProviderProtocol(one)
    throw new SynapseToonError(
      'ERR_SYNAPSE_INVALID_OPTION',
      `protocol must be auto, synapse, eventsource, openai or anthropic, got ${one}`,
    )
  }

  /** @returns how the stream ended; undefined while it goes on */
  async function take(bytes: Uint8Array): Promise<EndedBy | undefined> {
    parser.feed(bytes)
    progress.bytes += bytes.length
    progress.lastEventId = parser.lastEventId
    for (const event of heard.splice(0)) {
      checkSize(event.data.length)
      const reading = protocol!.read(event, decode)
      if (reading === undefined) progress.dropped++
      else {
        clocks!.moved()
        progress.failures = 0
        progress.usage = reading.usage ?? progress.usage
        if (reading.gap) missed(reading.gap)
        let { payload } = reading
        if (payload !== undefined) {
          // No turn for each token, only for a schema, which may take its time.
          if (check) {
            const { value, problem, cause } = await check(schema!, payload)
            if (problem) throw new StreamPayloadError(problem, event.data, cause)
            payload = value
          }
          deliver(event, payload as Payload, reading.text)
        }
        if (reading.end) return ended(reading.end)
      }
    }
    checkSize(parser.held)
    await queue.room()
    return undefined
  }

  function checkSize(size: number): void {
    if (size <= maxEventBytes) return
    throw new ProtocolError(`an event is larger than maxEventBytes, ${maxEventBytes}`)
  }

  function missed(one: Gap): void {
    progress.gaps++
    if (one.lost) lost.push(one)
    gap = { ...one, from: gap?.from ?? one.from, lost: gap?.lost || one.lost }
    tell({ type: 'gap', ...one })
  }

  function deliver(from: ParsedEvent, payload: Payload, text: unknown): void {
    const { event, data, lastEventId: id } = from
    progress.events++
    progress.firstEventMs ??= clock.now() - startedAt
    if (typeof text === 'string' && progress.text.length < MAX_TEXT) progress.text += text
    queue.push({ event, payload, data, id, gap })
    gap = undefined
  }

  function ended(end: EndedBy): EndedBy {
    if (end !== 'complete' || lost.length === 0) return end
    const holes = lost.map(({ from, to }) => `${from} to ${to}`).join(', ')
    throw new TruncatedStreamError(`positions ${holes} are lost`, undefined, lost)
  }

  return {
    queue,
    progress,
    kind: () => protocol?.kind,

    async read({ body, headers }, askedAt, signal) {
      const streamId = headers.get(HEADER_STREAM)
      if (name === 'auto') name = streamId ? 'synapse' : 'eventsource'
      protocol ??= createProtocol(name)
      protocol.begin?.(streamId)
      const told = encoding !== 'text' && headers.get(HEADER_ENCODING)
      decode = await loadDecoder(told || encoding, maxEventBytes)
      if (schema) ({ checkPayload: check } = await import('./check-payload.ts'))
      if (body === null) throw new ProtocolError('the response has no body to read')
      progress.streamId ??= streamId || undefined
      progress.resumes = responses++
      const { resumes } = progress
      tell({ type: 'open', protocol: name, streamId: progress.streamId, resumed: resumes > 0 })
      const [line, content] = protocol.idleMs
      const { lineIdle = line, contentIdle = content } = timeouts
      clocks ??= createIdleClocks(clock, { lineIdle, contentIdle }, onIdle)
      const eventsBefore = progress.events
      let firstAt = askedAt
      let lastAt = 0
      try {
        return await readBody(
          body,
          signal,
          (bytes) => {
            if (lastAt === 0) firstAt = clock.now()
            lastAt = clock.now()
            return take(bytes)
          },
          clocks.wait,
        )
      } finally {
        parser.end()
        const events = progress.events - eventsBefore
        const buffered = bufferedBy(firstAt - askedAt, lastAt - firstAt, events)
        if (buffered) tell({ type: 'buffered', ...buffered })
      }
    },

    nothingMore(headers) {
      const end = headers.get(HEADER_END)
      const kind = protocol?.kind
      if (kind ? kind !== 'ours' : !end) return 'nothing-more'
      if (!end) throw new TruncatedStreamError('there is no more of the stream, nor its end')
      if (end === 'complete' || end === 'cancelled') return ended(end)
      const retryable = !FINAL_REASONS.test(end)
      throw new StreamFailedError(`the stream ended with ${end}`, { reason: end, retryable })
    },
  }
}
