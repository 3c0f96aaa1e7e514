import type { Attributes, Meter } from '@opentelemetry/api'

/** Boundaries, in seconds, that the GenAI conventions give for all of a client's times. */
const SECONDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]

/** The same for tokens: powers of 4. */
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power)

/** The metrics of the GenAI conventions for a client, and what is asked of us at the moment. */
export function createOtelInstruments(meter: Meter) {
  const histogram = (name: string, unit: string, description: string, boundaries: number[]) =>
    meter.createHistogram(name, {
      unit,
      description,
      advice: { explicitBucketBoundaries: boundaries },
    })
  return {
    duration: histogram(
      'gen_ai.client.operation.duration',
      's',
      "From asking a stream's source to the stream's end",
      SECONDS,
    ),
    firstChunk: histogram(
      'gen_ai.client.operation.time_to_first_chunk',
      's',
      "From asking a stream's source to its first payload",
      SECONDS,
    ),
    betweenChunks: histogram(
      'gen_ai.client.operation.time_per_output_chunk',
      's',
      'Between two payloads of a stream',
      SECONDS,
    ),
    tokens: histogram(
      'gen_ai.client.token.usage',
      '{token}',
      'Tokens that the provider counted, for each stream that told',
      TOKENS,
    ),
    activeRequests: meter.createUpDownCounter('http.server.active_requests', {
      unit: '{request}',
      description: 'Requests that are being answered',
    }),
  }
}

/** Attributes whose values are few. Those of spans may be anything, a user's name for one. */
const METRIC_ATTRIBUTES: readonly string[] = [
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'server.address',
  'server.port',
]

/** What of a span's attributes may be put on metrics. */
export function metricAttributes(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => METRIC_ATTRIBUTES.includes(name)),
  )
}
