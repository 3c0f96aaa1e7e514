import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { COMPRESSION_STATES } from '../compress/back-off.ts'
import type { LimitName } from '../limits/limit-error.ts'
import { END_REASONS, LEAVE_REASONS } from './end-reasons.ts'
import { registerLateHistogram } from './late-histogram.ts'

/**
 * Boundaries in seconds. The seed expects a first byte after 80 to 300 ms and accepts 400; from 1 s
 * on people notice; 60 s is the default deadline of a first chunk.
 */
const FIRST_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1, 2, 5, 10, 20, 60]

/** Models send 10 to 200 chunks a second; 15 s is a heartbeat, 60 s the default idle deadline. */
const BETWEEN_BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60]

/** From one sentence to the longest deadline without a warning (30 min); 300 s is the default. */
const DURATION_BUCKETS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800]

/** Names of our own limits; another implementation's are counted as `other`. */
const LIMITS: readonly string[] = ['streams-per-user', 'streams', 'starts'] satisfies LimitName[]

/** Statuses that requests are refused with, so that the first of each is seen by a rate. */
const REFUSED_STATUSES: readonly string[] = ['400', '404', '406', '410', '429', '500', '503']

export interface InstrumentsInput {
  readonly registry: Registry
  readonly prefix: string
  readonly labels: Readonly<Record<string, string>>
}

/** All our metrics, registered, at 0. */
export function createInstruments({ registry, prefix, labels }: InstrumentsInput) {
  const constant = Object.keys(labels)
  const describe = (name: string, help: string, own: string[] = []) => ({
    name: prefix + name,
    help,
    labelNames: [...constant, ...own],
    registers: [registry],
  })

  /** @param read called when someone scrapes */
  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      ...describe(name, help),
      collect() {
        this.set(labels, read())
      },
    })
  }

  function counter(name: string, help: string) {
    const child = new Counter(describe(name, help)).labels(labels)
    child.inc(0)
    return child
  }

  /**
   * For what happens with every chunk: counted outside of prom-client, handed to it at a scrape.
   *
   * @param take called when someone scrapes; what has come since the last time
   */
  function lateCounter(name: string, help: string, take: () => number): void {
    new Counter({
      ...describe(name, help),
      collect() {
        this.inc(labels, take())
      },
    })
  }

  /** @returns adds 1 under a value of the label; for all of `values` it is 0 from the start */
  function counterBy(name: string, help: string, label: string, values: readonly string[]) {
    const counters = new Counter(describe(name, help, [label]))
    const add = (value: string, by: number) => counters.inc({ ...labels, [label]: value }, by)
    for (const value of values) add(value, 0)
    return (value: string) => add(value, 1)
  }

  function histogram(name: string, help: string, buckets: number[]) {
    const histograms = new Histogram({ ...describe(name, help), buckets })
    histograms.zero(labels)
    return histograms.labels(labels)
  }

  const addLimit = counterBy('limits_refused_total', 'Streams refused by a limit', 'limit', LIMITS)

  return {
    gauge,
    lateCounter,
    started: counter('streams_started_total', 'Streams whose source was asked'),
    ended: counterBy('streams_ended_total', 'Streams that ended, by reason', 'reason', END_REASONS),
    firstByte: histogram(
      'time_to_first_byte_seconds',
      'From a request to the first payload byte handed to its socket; resumed ones left out',
      FIRST_BUCKETS,
    ),
    firstChunk: histogram(
      'time_to_first_chunk_seconds',
      "From asking the source to the stream's first payload",
      FIRST_BUCKETS,
    ),
    betweenChunks: registerLateHistogram({
      registry,
      labels,
      name: `${prefix}time_between_chunks_seconds`,
      help: 'Between two payloads of a stream',
      buckets: BETWEEN_BUCKETS,
    }),
    duration: histogram('stream_duration_seconds', 'From start to end', DURATION_BUCKETS),
    frameBytes: counter('frame_bytes_total', 'Bytes of events written, before compression'),
    wireBytes: counter('wire_bytes_total', 'Bytes of events written, after compression'),
    compressed: counterBy(
      'compressed_connections_total',
      'Compressed connections that are over, by whether they still compressed at their end',
      'state',
      COMPRESSION_STATES,
    ),
    blocked: counter('blocked_total', 'Waits of connections for a slow client'),
    blockedSeconds: counter('blocked_seconds_total', 'Time that connections waited for clients'),
    lost: counterBy(
      'connections_lost_total',
      'Connections that ended before their client had everything',
      'reason',
      LEAVE_REASONS,
    ),
    resumes: counter('resumes_total', 'Connections that went on behind the first event'),
    gaps: counter('gaps_total', 'Gaps told to clients: records were dropped before they were read'),
    gapRecords: counter('gap_records_total', 'Records missing in those gaps'),
    refused: counterBy(
      'requests_refused_total',
      'Requests refused before a stream was asked for, by HTTP status',
      'status',
      REFUSED_STATUSES,
    ),
    limited: (limit: string) => addLimit(LIMITS.includes(limit) ? limit : 'other'),
  }
}

/** Labels that metrics have of their own, and `le`, which is Prometheus's. */
export const OWN_LABELS: readonly string[] = ['reason', 'limit', 'status', 'state', 'le']
