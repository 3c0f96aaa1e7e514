import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('moves with the time of the system', () => {
    const before = systemClock.now()
    vi.advanceTimersByTime(1500)
    expect(systemClock.now() - before).toBe(1500)
  })

  it('calls once, after the time that was asked for', () => {
    const run = vi.fn()
    systemClock.after(100, run)
    vi.advanceTimersByTime(99)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1000)
    expect(run).toHaveBeenCalledOnce()
  })

  it('does not call what was cancelled, and cancelling late or twice does nothing', () => {
    const run = vi.fn()
    const cancel = systemClock.after(100, run)
    cancel()
    cancel()
    vi.advanceTimersByTime(1000)
    cancel()
    expect(run).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('keeps the process alive, unless it is told not to', () => {
    const timers: { hasRef(): boolean }[] = []
    const setTimeoutBefore = globalThis.setTimeout
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((
      run: () => void,
      ms: number,
    ) => {
      const timer = setTimeoutBefore(run, ms)
      timers.push(timer)
      return timer
    }) as never)
    systemClock.after(100, () => {})
    systemClock.after(100, () => {}, { keepAlive: true })
    systemClock.after(100, () => {}, { keepAlive: false })
    spy.mockRestore()
    expect(timers.map((timer) => timer.hasRef())).toEqual([true, true, false])
  })
})
