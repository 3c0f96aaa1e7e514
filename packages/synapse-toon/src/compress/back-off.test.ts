import { describe, expect, it } from 'vitest'
import { BackOff } from './back-off.ts'

const KIB = 1024
const idle = () => false

/** Takes text in flushes of 1 KiB; compressed, it comes out as this share. @returns stored flushes */
function take(backOff: BackOff, kib: number, share: number): number {
  let stored = 0
  for (let i = 0; i < kib; i++) {
    const compresses = backOff.next()
    backOff.count(KIB, compresses ? KIB * share : KIB + 5)
    if (!compresses) stored++
  }
  return stored
}

describe('BackOff', () => {
  it('compresses as long as it pays', () => {
    const backOff = new BackOff(idle)
    expect(take(backOff, 5000, 0.66)).toBe(0)
    expect(backOff.state).toBe('active')
  })

  it('stops after a trial that saves less than a third', () => {
    const backOff = new BackOff(idle)
    expect(take(backOff, 15, 0.68)).toBe(0)
    expect(backOff.state).toBe('active')
    take(backOff, 1, 0.68)
    expect(backOff.state).toBe('stored-no-gain')
    expect(backOff.next()).toBe(false)
  })

  it('tries again after a rest, and goes on when it pays by then', () => {
    const backOff = new BackOff(idle)
    take(backOff, 16, 1)
    expect(take(backOff, 64, 0.2)).toBe(64)
    expect(backOff.state).toBe('active')
    expect(take(backOff, 5000, 0.2)).toBe(0)
  })

  it('rests twice as long after each trial that fails, up to a megabyte', () => {
    const backOff = new BackOff(idle)
    const rests = Array.from({ length: 7 }, () => {
      take(backOff, 16, 1)
      let kib = 0
      while (backOff.state !== 'active') kib += take(backOff, 1, 1)
      return kib
    })
    expect(rests).toEqual([64, 128, 256, 512, 1024, 1024, 1024])
  })

  it('forgets the long rests once a trial has paid', () => {
    const backOff = new BackOff(idle)
    for (const rest of [64, 128]) take(backOff, 16 + rest, 1)
    take(backOff, 16, 0.2)
    take(backOff, 16, 1)
    expect(take(backOff, 65, 0.2)).toBe(64)
  })

  it('does not stop for one large text between small ones, nor end a rest by one', () => {
    const backOff = new BackOff(idle)
    take(backOff, 8, 0.1)
    backOff.count(300 * KIB, 230 * KIB)
    expect(take(backOff, 100, 0.1)).toBe(0)
    const resting = new BackOff(idle)
    take(resting, 16, 1)
    resting.count(300 * KIB, 300 * KIB)
    expect(resting.state).toBe('stored-no-gain')
  })

  it('counts an empty text as nothing', () => {
    const backOff = new BackOff(idle)
    for (let i = 0; i < 1000; i++) backOff.count(0, 0)
    expect(take(backOff, 100, 0.2)).toBe(0)
  })

  it('stores while the processor is busy, and goes on where it was', () => {
    let busy = false
    const backOff = new BackOff(() => busy)
    take(backOff, 3, 0.2)
    busy = true
    expect(take(backOff, 100, 0.2)).toBe(100)
    expect(backOff.state).toBe('stored-busy')
    busy = false
    expect(backOff.next()).toBe(true)
    expect(backOff.state).toBe('active')
  })

  it('does not count what was stored for a busy processor as a trial that failed', () => {
    let busy = true
    const backOff = new BackOff(() => busy)
    take(backOff, 100, 0.2)
    busy = false
    expect(take(backOff, 100, 0.2)).toBe(0)
  })

  it('does not end a rest by what a busy processor stored', () => {
    let busy = false
    const backOff = new BackOff(() => busy)
    take(backOff, 16, 1)
    busy = true
    take(backOff, 500, 1)
    busy = false
    expect(take(backOff, 70, 0.2)).toBe(64)
  })
})
