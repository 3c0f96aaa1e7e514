import { describe, expect, it } from 'vitest'
import { BusySignal } from './busy-signal.ts'

/** What it says after each look. */
function looks(...utilizations: number[]): string {
  const signal = new BusySignal()
  return utilizations
    .map((utilization) => {
      signal.look(utilization)
      return signal.busy ? 'B' : '-'
    })
    .join('')
}

describe('BusySignal', () => {
  it('is on after three looks in a row that found the loop full', () => {
    expect(looks(1, 1, 1, 1)).toBe('--BB')
  })

  it('is not on for a long turn now and then', () => {
    expect(looks(1, 1, 0.5, 1, 1, 0.9, 1)).toBe('-------')
  })

  it('is off after three looks in a row that found some air', () => {
    expect(looks(1, 1, 1, 0.7, 0.7, 0.7)).toBe('--BBB-')
  })

  it('stays as it is between full and some air', () => {
    expect(looks(1, 1, 1, 0.85, 0.9, 0.85, 0.9)).toBe('--BBBBB')
    expect(looks(0.9, 0.94, 0.9, 0.94)).toBe('----')
  })
})
