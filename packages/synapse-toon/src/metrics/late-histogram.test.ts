import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { registerLateHistogram } from './late-histogram.ts'

const buckets = [0.001, 0.5, 1, 60]

/** One of ours and one of prom-client's, in a registry each. */
function makePair(labels: Record<string, string>) {
  const common = { name: 'a_seconds', help: 'A.', buckets }
  const ours = new Registry()
  const add = registerLateHistogram({ ...common, registry: ours, labels })
  const theirs = new Registry()
  const labelNames = Object.keys(labels)
  const histogram = new Histogram({ ...common, labelNames, registers: [theirs] })
  histogram.zero(labels)
  return { ours, add, theirs, histogram: histogram.labels(labels) }
}

describe('registerLateHistogram', () => {
  it.each([[{}], [{ service: 'chat', zone: 'a"b' }]])(
    'says what the histogram of prom-client says, labels %o',
    async (labels) => {
      const value = fc.oneof(
        fc.constantFrom(0, ...buckets, 61),
        fc.double({ min: 0, max: 100, noNaN: true }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(value), async (values) => {
          const { ours, add, theirs, histogram } = makePair(labels)
          for (const each of values) {
            add(each)
            histogram.observe(each)
          }
          const sorted = async (registry: Registry) =>
            (await registry.metrics()).split('\n').map(sortLabels)
          expect(await sorted(ours)).toEqual(await sorted(theirs))
          expect((await ours.getMetricsAsJSON())[0]!.values).toHaveLength(buckets.length + 3)
        }),
        { numRuns: 50 },
      )
    },
  )

  it('starts anew when the registry is reset', async () => {
    const { ours, add } = makePair({})
    const before = await ours.metrics()
    add(2)
    expect(await ours.metrics()).not.toBe(before)
    ours.resetMetrics()
    expect(await ours.metrics()).toBe(before)
  })

  it('cannot take the name of another metric', () => {
    const { ours } = makePair({})
    const again = () =>
      registerLateHistogram({ registry: ours, name: 'a_seconds', help: '', buckets, labels: {} })
    expect(again).toThrow('already been registered')
  })
})

/** Their order within a line means nothing. */
function sortLabels(line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`)
}
