/** `synapse-toon/otel`: what streams do, as OpenTelemetry spans and metrics. Needs @opentelemetry/api. */
import {
  type Attributes,
  type Meter,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Observer, StreamSummary } from '../stream/observer.ts'
import { isAbnormal } from './end-reasons.ts'
import { errorFields } from './error-fields.ts'
import { createOtelInstruments, metricAttributes } from './otel-instruments.ts'
import { tokenUsage } from './token-usage.ts'

export interface OtelObserverOptions {
  /** Default: `trace.getTracer('synapse-toon')`. */
  readonly tracer?: Tracer
  /** Default: `metrics.getMeter('synapse-toon')`. */
  readonly meter?: Meter
  /**
   * Says of a stream what only the application knows: `gen_ai.provider.name`,
   * `gen_ai.request.model`, … Asked when the stream opens, at its first chunk and at its end, since
   * the source may be the first to know; what is said later counts. Default none.
   */
  readonly attributes?: (streamId: string) => Attributes | undefined
}

/** What is kept of a stream while it runs. */
interface Running {
  readonly span: Span
  attributes: Attributes
  forMetrics: Attributes
  /** When its last payload came, in ms since its start; undefined before the first. */
  lastChunkMs: number | undefined
}

const NAME = 'synapse-toon'
const MS_PER_SECOND = 1000

/** Makes the observer: a span for each stream, under the span of the request that began it. */
export function createOtelObserver(options: OtelObserverOptions = {}): Observer {
  const { tracer = trace.getTracer(NAME), meter = metrics.getMeter(NAME), attributes } = options
  const to = createOtelInstruments(meter)
  const running = new Map<string, Running>()

  function addEvent(streamId: string | undefined, name: string, values: Attributes): void {
    if (streamId !== undefined) running.get(streamId)?.span.addEvent(name, values)
  }

  /** An application that fails to say costs no span. */
  function ask(streamId: string): Attributes | undefined {
    try {
      return attributes?.(streamId)
    } catch (error) {
      process.emitWarning(`attributes threw: ${error}`, { code: 'SYNAPSE_OBSERVER' })
      return undefined
    }
  }

  /** Asks the application again, and puts what it says on span and metrics. */
  function update(stream: Running, streamId: string): void {
    const said = ask(streamId)
    if (said === undefined) return
    stream.attributes = { ...stream.attributes, ...said }
    stream.forMetrics = metricAttributes(stream.attributes)
    stream.span.setAttributes(said)
    stream.span.updateName(spanName(stream.attributes))
  }

  return {
    requested() {
      to.activeRequests.add(1)
    },

    opened({ streamId }) {
      const known: Attributes = { 'gen_ai.operation.name': 'chat', ...ask(streamId) }
      const span = tracer.startSpan(spanName(known), {
        kind: SpanKind.CLIENT,
        attributes: { ...known, 'synapse_toon.stream_id': streamId },
      })
      const forMetrics = metricAttributes(known)
      running.set(streamId, { span, attributes: known, forMetrics, lastChunkMs: undefined })
    },

    chunk({ streamId, elapsedMs }) {
      const stream = running.get(streamId)
      if (stream === undefined) return
      const { lastChunkMs } = stream
      stream.lastChunkMs = elapsedMs
      if (lastChunkMs !== undefined) {
        to.betweenChunks.record((elapsedMs - lastChunkMs) / MS_PER_SECOND, stream.forMetrics)
        return
      }
      update(stream, streamId)
      stream.span.addEvent('first_chunk')
      to.firstChunk.record(elapsedMs / MS_PER_SECOND, stream.forMetrics)
    },

    blocked: ({ streamId, unsentBytes }) =>
      addEvent(streamId, 'blocked', { 'synapse_toon.unsent_bytes': unsentBytes }),

    resumed: ({ streamId, after }) =>
      addEvent(streamId, 'resumed', { 'synapse_toon.after': after }),

    gap: ({ streamId, from, to: last }) =>
      addEvent(streamId, 'gap', { 'synapse_toon.from': from, 'synapse_toon.to': last }),

    ended(summary) {
      const { streamId, elapsedMs, reason } = summary
      const stream = running.get(streamId)
      if (stream === undefined) return
      running.delete(streamId)
      update(stream, streamId)
      const failure = isAbnormal(reason) ? { 'error.type': reason } : {}
      to.duration.record(elapsedMs / MS_PER_SECOND, { ...stream.forMetrics, ...failure })
      const { input, output } = tokenUsage(summary.usage)
      for (const [type, tokens] of [['input', input] as const, ['output', output] as const]) {
        if (tokens === undefined) continue
        to.tokens.record(tokens, { ...stream.forMetrics, 'gen_ai.token.type': type })
        stream.span.setAttribute(`gen_ai.usage.${type}_tokens`, tokens)
      }
      endSpan(stream.span, summary)
    },

    disconnected({ streamId, lost, status, chunks }) {
      to.activeRequests.add(-1)
      addEvent(streamId, 'disconnected', {
        ...(lost !== undefined && { 'synapse_toon.lost': lost }),
        'http.response.status_code': status,
        'synapse_toon.chunks': chunks,
      })
    },
  }
}

/** [GenAI spans] `{operation} {model}`, the operation alone where no model is named. */
function spanName(attributes: Attributes): string {
  const { 'gen_ai.operation.name': operation, 'gen_ai.request.model': model } = attributes
  return model === undefined ? `${operation}` : `${operation} ${model}`
}

function endSpan(span: Span, { reason, chunks, bytes, error }: StreamSummary): void {
  span.addEvent('ended', {
    'synapse_toon.reason': reason,
    'synapse_toon.chunks': chunks,
    'synapse_toon.bytes': bytes,
  })
  span.setAttribute('synapse_toon.reason', reason)
  if (isAbnormal(reason)) {
    const fields = errorFields(error)
    span.setAttribute('error.type', reason)
    span.setStatus({ code: SpanStatusCode.ERROR, message: fields?.message ?? reason })
    // Not the error itself: of its stack and other fields nobody knows what they hold.
    if (fields !== undefined) span.recordException(fields)
  }
  span.end()
}
