import type { Histogram, Registry } from 'prom-client'

export interface LateHistogramInput {
  readonly registry: Registry
  readonly name: string
  readonly help: string
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[]
  readonly labels: Readonly<Record<string, string>>
}

/**
 * A histogram for what happens with every chunk. prom-client's takes most of a microsecond for each
 * value, which is what a chunk itself may cost; this one counts, and is put into words at a scrape.
 *
 * @returns adds a value
 */
export function registerLateHistogram(input: LateHistogramInput): (value: number) => void {
  const { registry, name, help, buckets, labels } = input
  /** Values of each bucket alone, the last one above all bounds. */
  const counts = new Float64Array(buckets.length + 1)
  let sum = 0

  function valuesNow() {
    let upTo = 0
    const values = [...counts].map((count, index) => {
      upTo += count
      const le = buckets[index] ?? '+Inf'
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo }
    })
    return [
      ...values,
      { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
      { metricName: `${name}_count`, labels: { ...labels }, value: upTo },
    ]
  }

  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: valuesNow() }),
    reset() {
      counts.fill(0)
      sum = 0
    },
  }
  // The part of a metric that a registry asks for.
  registry.registerMetric(metric as unknown as Histogram)

  return (value) => {
    let bucket = 0
    while (bucket < buckets.length && value > buckets[bucket]!) bucket++
    counts[bucket]! += 1
    sum += value
  }
}
