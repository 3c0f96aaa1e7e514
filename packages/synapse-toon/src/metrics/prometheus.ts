/** `synapse-toon/prometheus`: what streams do, as Prometheus metrics. Needs prom-client. */
import { Registry } from 'prom-client'
import { InvalidOptionError } from '../options/invalid-option-error.ts'
import type { Observer } from '../stream/observer.ts'
import { createInstruments, OWN_LABELS } from './prometheus-instruments.ts'

export interface PrometheusObserverOptions {
  /** Where the metrics are registered. Default: a registry of their own. */
  readonly registry?: Registry
  /** Begins every name. Default `synapse_toon_`. */
  readonly prefix?: string
  /** Put on every metric, the same always, for example `{ service: 'chat' }`. Default none. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface PrometheusObserver {
  /** For `createSynapseToon({ observer })`; one may serve several. */
  readonly observer: Observer
  readonly registry: Registry
  /** Of `metrics()`, for the answer to a scrape. */
  readonly contentType: string
  /** Everything in the registry, in the text format. */
  metrics(): Promise<string>
}

/** What is kept of a stream while it runs. */
interface Running {
  /** When its last payload came, in ms since its start; undefined before the first. */
  lastChunkMs: number | undefined
  bytes: number
}

const MS_PER_SECOND = 1000

/**
 * Makes the metrics and the observer that feeds them. Labels never grow: no stream, no user.
 *
 * @throws {InvalidOptionError} for a label that is one of ours; prom-client throws for a name that
 *   is not valid or registered already
 */
export function createPrometheusObserver(
  options: PrometheusObserverOptions = {},
): PrometheusObserver {
  const { registry = new Registry(), prefix = 'synapse_toon_', labels = {} } = options
  checkLabels(labels)
  const to = createInstruments({ registry, prefix, labels })
  const running = new Map<string, Running>()
  let requests = 0
  let newChunks = 0
  let newBytes = 0
  to.gauge('active_streams', 'Streams that run', () => running.size)
  to.gauge('active_requests', 'Requests that are being answered', () => requests)
  to.lateCounter('chunks_total', 'Payloads recorded', () => {
    const taken = newChunks
    newChunks = 0
    return taken
  })
  to.lateCounter('raw_bytes_total', 'UTF-8 bytes of the JSON of recorded payloads', () => {
    const taken = newBytes
    newBytes = 0
    return taken
  })

  const observer: Observer = {
    requested() {
      requests++
    },
    opened({ streamId }) {
      running.set(streamId, { lastChunkMs: undefined, bytes: 0 })
      to.started.inc()
    },
    chunk({ streamId, elapsedMs, bytes }) {
      const stream = running.get(streamId)
      if (stream === undefined) return
      const { lastChunkMs } = stream
      if (lastChunkMs === undefined) to.firstChunk.observe(elapsedMs / MS_PER_SECOND)
      else to.betweenChunks((elapsedMs - lastChunkMs) / MS_PER_SECOND)
      newChunks++
      newBytes += bytes - stream.bytes
      stream.lastChunkMs = elapsedMs
      stream.bytes = bytes
    },
    blocked() {
      to.blocked.inc()
    },
    resumed() {
      to.resumes.inc()
    },
    gap({ from, to: last }) {
      to.gaps.inc()
      to.gapRecords.inc(last - from + 1)
    },
    refused({ status, limit }) {
      to.refused(String(status))
      if (limit !== undefined) to.limited(limit)
    },
    ended({ streamId, reason, elapsedMs }) {
      running.delete(streamId)
      to.ended(reason)
      to.duration.observe(elapsedMs / MS_PER_SECOND)
    },
    disconnected({ lost, bytes, wire, ttfbMs, blockedMs, resumedAfter }) {
      requests--
      to.frameBytes.inc(bytes)
      to.wireBytes.inc(wire?.bytes ?? bytes)
      if (wire !== undefined) to.compressed(wire.state)
      to.blockedSeconds.inc(blockedMs / MS_PER_SECOND)
      if (lost !== undefined) to.lost(lost)
      // What a resumed one waits for is in the log already: no answer of a model.
      if (ttfbMs !== undefined && resumedAfter === undefined) {
        to.firstByte.observe(ttfbMs / MS_PER_SECOND)
      }
    },
  }

  return {
    observer,
    registry,
    get contentType() {
      return registry.contentType
    },
    metrics: () => registry.metrics(),
  }
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  const taken = Object.keys(labels).find((name) => OWN_LABELS.includes(name))
  if (taken === undefined) return
  throw new InvalidOptionError(`labels.${taken}`, 'under another name: it is ours', labels[taken])
}
