import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import { createSynapseToon } from '../create-synapse-toon.ts'
import { createOtelObserver, type OtelObserverOptions } from './otel.ts'
import { watchStreams } from './test-kit.ts'

/** Streams, and the spans and metrics that the real SDK makes of them. */
function watch(options: Pick<OtelObserverOptions, 'attributes'> = {}) {
  const spans = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meters = new MeterProvider({ readers: [reader] })
  onTestFinished(() => meters.shutdown())
  const tracer = tracers.getTracer('test')
  const observer = createOtelObserver({ tracer, meter: meters.getMeter('test'), ...options })
  return {
    ...watchStreams(observer),
    spans: () => spans.getFinishedSpans(),
    /** Data points by metric name. */
    async metrics() {
      await reader.forceFlush()
      const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? []
      const all = scopes.flatMap((scope) => scope.metrics)
      return Object.fromEntries(all.map((metric) => [metric.descriptor.name, metric]))
    },
  }
}

const openai = { 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' }
const usage = { prompt_tokens: 9, completion_tokens: 12 }

describe('the span of a stream', () => {
  it('is one of a client, named after operation and model, with its events in order', async () => {
    const { complete, spans } = watch({ attributes: () => ({ ...openai, 'user.id': 'u1' }) })
    await complete(usage)
    const [span, ...others] = spans()
    expect(others).toEqual([])
    expect(span).toMatchObject({
      name: 'chat gpt-4o',
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'gen_ai.operation.name': 'chat',
        ...openai,
        'user.id': 'u1',
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 12,
        'synapse_toon.stream_id': expect.any(String),
        'synapse_toon.reason': 'complete',
      },
    })
    expect(span!.attributes).not.toHaveProperty('error.type')
    expect(span!.events.map(({ name }) => name)).toEqual(['first_chunk', 'ended'])
  })

  it('takes a model that is only known once the source was asked', async () => {
    const models = new Map<string, string>()
    const { toon, clock, spans } = watch({
      attributes: (streamId) => ({ 'gen_ai.request.model': models.get(streamId) }),
    })
    await toon.start(({ streamId }) => {
      models.set(streamId, 'claude')
      return [{ delta: 'a' }]
    })
    await clock.advance(0)
    expect(spans().map(({ name }) => name)).toEqual(['chat claude'])
  })

  it('of a failure has its reason and its error, but nothing that hangs on the error', async () => {
    const { fail, spans } = watch()
    const error = Object.assign(new RangeError('upstream is down'), { body: 'secret prompt' })
    await fail(error)
    const [span] = spans()
    expect(span).toMatchObject({
      name: 'chat',
      status: { code: SpanStatusCode.ERROR, message: 'upstream is down' },
      attributes: { 'error.type': 'source-error' },
    })
    expect(span!.events.map(({ name }) => name)).toEqual(['first_chunk', 'ended', 'exception'])
    expect(span!.events[2]!.attributes).toEqual({
      'exception.type': 'RangeError',
      'exception.message': 'upstream is down',
    })
    expect(JSON.stringify([span!.attributes, span!.events])).not.toContain('secret')
  })

  it('of a deadline is an error without an exception', async () => {
    const { stop, spans } = watch()
    await stop()
    const [span] = spans()
    expect(span!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'idle-timeout' })
    expect(span!.events.map(({ name }) => name)).toEqual(['first_chunk', 'ended'])
  })

  it('of a cancelled stream is no error', async () => {
    const { toon, script, clock, spans } = watch()
    const { cancel } = await toon.start(script([{ hang: true }]))
    cancel()
    await clock.advance(0)
    expect(spans()[0]!.status.code).toBe(SpanStatusCode.UNSET)
  })

  it('tells waits for a slow client, and clients that go while it runs', async () => {
    const { wait, leave, clock, spans } = watch()
    await wait()
    await leave({ onDisconnect: 'continue' })
    await clock.advance(10_000)
    const [waited, left] = spans()
    expect(waited!.events.map(({ name }) => name)).toContain('blocked')
    expect(left!.events.map(({ name }) => name)).toEqual(['first_chunk', 'disconnected', 'ended'])
    expect(left!.events[1]!.attributes).toMatchObject({ 'synapse_toon.lost': 'client-left' })
  })

  it('tells a resume and a gap while it runs', async () => {
    const { toon, script, clock, spans } = watch()
    const chunks = Array.from({ length: 40 }, () => ({ yield: { delta: 'x'.repeat(60) } }))
    const source = script([...chunks, { delay: 50 }])
    const response = await toon.stream(source)
    const reader = response.body!.getReader()
    const streamId = response.headers.get('x-synapse-toon-stream')!
    const drain = (async () => {
      while (!(await reader.read()).done);
    })()
    await clock.advance(10)
    const headers = { 'Last-Event-ID': `${streamId}-000000000001` }
    const resumed = await toon.stream(
      { streamId },
      { request: new Request('http://test/', { headers }) },
    )
    void resumed.text()
    await clock.advance(60)
    await drain
    const events = spans()[0]!.events
    expect(events.map(({ name }) => name)).toEqual(expect.arrayContaining(['resumed', 'gap']))
    expect(events.find(({ name }) => name === 'gap')!.attributes).toMatchObject({
      'synapse_toon.from': 2,
    })
  })

  it('ends even when the application fails to describe it, with a warning', async () => {
    const warnings = listenToWarnings()
    const { complete, spans } = watch({
      attributes: () => {
        throw new Error('bug')
      },
    })
    await complete()
    expect(spans()).toHaveLength(1)
    expect(new Set(await warnings())).toEqual(new Set(['SYNAPSE_OBSERVER']))
  })
})

describe('the metrics', () => {
  it('have the names, units and boundaries of the GenAI conventions', async () => {
    const { complete, metrics } = watch({ attributes: () => openai })
    await complete(usage)
    const seen = await metrics()
    const units = Object.values(seen).map(({ descriptor }) => [descriptor.name, descriptor.unit])
    expect(Object.fromEntries(units)).toEqual({
      'gen_ai.client.operation.duration': 's',
      'gen_ai.client.operation.time_to_first_chunk': 's',
      'gen_ai.client.operation.time_per_output_chunk': 's',
      'gen_ai.client.token.usage': '{token}',
      'http.server.active_requests': '{request}',
    })
    const attributes = { 'gen_ai.operation.name': 'chat', ...openai }
    const points = (name: string) => seen[name]!.dataPoints
    expect(points('gen_ai.client.operation.duration')).toMatchObject([
      { attributes, value: { count: 1, sum: 0.3 } },
    ])
    expect(points('gen_ai.client.operation.time_to_first_chunk')).toMatchObject([
      {
        attributes,
        value: {
          count: 1,
          sum: 0.2,
          buckets: { boundaries: expect.arrayContaining([0.01, 81.92]) },
        },
      },
    ])
    expect(points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([
      { attributes, value: { count: 2, sum: expect.closeTo(0.1, 9) } },
    ])
    expect(points('gen_ai.client.token.usage')).toMatchObject([
      { attributes: { ...attributes, 'gen_ai.token.type': 'input' }, value: { sum: 9 } },
      { attributes: { ...attributes, 'gen_ai.token.type': 'output' }, value: { sum: 12 } },
    ])
  })

  it('name the reason of an abnormal end, and take no attribute that may have many values', async () => {
    const { fail, metrics } = watch({ attributes: (id) => ({ ...openai, 'user.id': id }) })
    await fail(new Error('upstream'))
    const [point] = (await metrics())['gen_ai.client.operation.duration']!.dataPoints
    expect(point!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      ...openai,
      'error.type': 'source-error',
    })
  })

  it('say how many requests are active: of every kind, and 0 in the end', async () => {
    const { toon, script, clock, comeBack, metrics } = watch()
    const response = await toon.stream(script([{ hang: true }]), { commitAfter: 0 })
    await clock.advance(0)
    const active = async () =>
      (await metrics())['http.server.active_requests']!.dataPoints.map(({ value }) => value)
    expect(await active()).toEqual([1])
    await response.body!.cancel()
    await comeBack()
    await clock.advance(0)
    expect(await active()).toEqual([0])
  })
})

it('costs nothing and harms nothing where no SDK is set up', async () => {
  const toon = createSynapseToon({ observer: createOtelObserver() })
  const { done } = await toon.start([{ delta: 'a' }])
  expect((await done).reason).toBe('complete')
})
