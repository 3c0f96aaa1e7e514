import { readFile } from 'node:fs/promises'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it, onTestFinished } from 'vitest'
import { createOtelObserver } from './otel.ts'
import { createPrometheusObserver } from './prometheus.ts'
import { watchStreams } from './test-kit.ts'

interface Row {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly labels: readonly string[]
  readonly meaning: string
}

const DOCUMENT = new URL('../../../../docs/metrics-analytics.md', import.meta.url)

/** The rows of the tables of metrics whose names begin so. */
async function documented(prefix: string): Promise<Row[]> {
  const text = await readFile(DOCUMENT, 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith(`| \`${prefix}`))
  return rows.map((row) => {
    const [name, type, unit, labels, meaning] = row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', ''))
    const list = labels === '' ? [] : labels!.split(', ')
    return { name: name!, type: type!, unit: unit!, labels: list, meaning: meaning! }
  })
}

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1)

it('the document says of every Prometheus metric name, type, labels and meaning, as a scrape does', async () => {
  const rows = await documented('synapse_toon_')
  const metrics = await createPrometheusObserver().registry.getMetricsAsJSON()
  const emitted = metrics.map(({ name, type, help, values }) => {
    const labels = new Set(values.flatMap((value) => Object.keys(value.labels)))
    labels.delete('le')
    return { name, type: `${type}`, labels: [...labels], meaning: help }
  })
  const described = rows.map(({ unit: _unit, ...row }) => row)
  expect(described.toSorted(byName)).toEqual(emitted.toSorted(byName))
})

it('the document gives the unit that the name of a metric ends with', async () => {
  for (const { name, type, unit } of await documented('synapse_toon_')) {
    const base = name.replace(/_total$/, '')
    expect(base === name, `${name} is a ${type}`).toBe(type !== 'counter')
    expect(base.endsWith('_seconds'), name).toBe(unit === 'seconds')
    expect(base.endsWith('_bytes'), name).toBe(unit === 'bytes')
  }
})

it('the document says of every OpenTelemetry metric what the SDK says', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meters = new MeterProvider({ readers: [reader] })
  onTestFinished(() => meters.shutdown())
  const streams = watchStreams(createOtelObserver({ meter: meters.getMeter('test') }))
  await streams.complete({ prompt_tokens: 9, completion_tokens: 12 })
  await streams.fail(new Error('upstream'))
  await reader.forceFlush()
  const emitted = exporter
    .getMetrics()[0]!
    .scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => {
      const labels = new Set(dataPoints.flatMap(({ attributes }) => Object.keys(attributes)))
      labels.delete('gen_ai.operation.name')
      const { name, unit, description: meaning } = descriptor
      return { name, unit, labels: [...labels], meaning }
    })
  const rows = [...(await documented('gen_ai.')), ...(await documented('http.server.'))]
  const described = rows.map(({ type: _type, ...row }) => row)
  expect(described.toSorted(byName)).toEqual(emitted.toSorted(byName))
})
