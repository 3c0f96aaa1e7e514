import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFault, FAULT_KINDS, type FaultKind } from './fault-proxy-fault.ts'
import { createFaultPlan, type FaultPlanOptions } from './fault-proxy-plan.ts'
import { createSeededRandom } from './seeded-random.ts'

const shares = fc.double({ min: 0, max: 1, noNaN: true })
const positive = fc.integer({ min: 1, max: 100_000 })
const options = fc.record<FaultPlanOptions>(
  {
    cut: shares,
    stall: shares,
    throttle: shares,
    delay: shares,
    withinBytes: positive,
    maxStallMs: positive,
    minBytesPerSecond: positive,
    maxDelayMs: positive,
  },
  { requiredKeys: [] },
)

describe('createFaultPlan', () => {
  it('draws faults that the proxy takes, within their bounds, and the same for the same seed', () => {
    fc.assert(
      fc.property(options, fc.nat(), (given, seed) => {
        const plan = createFaultPlan(given)
        const faults = plan(createSeededRandom(seed), 1)
        expect(plan(createSeededRandom(seed), 1)).toEqual(faults)
        const { withinBytes = 10_000, maxStallMs = 500, maxDelayMs = 50 } = given
        for (const fault of faults) {
          checkFault(fault)
          if ('after' in fault) expect(fault.after).toBeLessThanOrEqual(withinBytes)
          if ('stall' in fault) expect(fault.forMs).toBeLessThanOrEqual(maxStallMs)
          if ('delay' in fault) expect(fault.delay).toBeLessThanOrEqual(maxDelayMs)
        }
      }),
    )
  })

  it('draws each kind in its share of the connections', () => {
    const plan = createFaultPlan({ cut: 0.5, stall: 0.2, throttle: 0, delay: 1 })
    const random = createSeededRandom(5)
    const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<
      FaultKind,
      number
    >
    for (let number = 1; number <= 1000; number++) {
      for (const fault of plan(random.fork(number), number)) counts[checkFault(fault)]++
    }
    expect(counts).toMatchObject({ throttle: 0, delay: 1000, resume: 0 })
    expect(Math.abs(counts.cut - 500)).toBeLessThan(75)
    expect(Math.abs(counts.stall - 200)).toBeLessThan(60)
  })

  it.each<[unknown, string]>([
    [{ cut: 1.1 }, 'cut must be a share from 0 (none) to 1 (all), got 1.1'],
    [{ stall: Number.NaN }, 'stall must be a share'],
    [{ withinBytes: 0 }, 'withinBytes must be a whole number from 1'],
    [{ cuts: 1 }, 'an option of the plan must be one of cut, stall, throttle, delay, withinBytes'],
  ])('refuses %j', (given, message) => {
    expect(() => createFaultPlan(given as FaultPlanOptions)).toThrow(message)
  })
})
