import { describe, expect, it, vi } from 'vitest'
import { nextTurn } from '../time/turn.ts'
import { Flusher } from './flusher.ts'

const target = (flush: () => void = () => {}) => ({
  waitsUntil: 0,
  flush: vi.fn(flush),
  onFlushError: vi.fn(),
})

describe('Flusher', () => {
  it('flushes a few that became ready in one turn at its end, in order', async () => {
    const flusher = new Flusher()
    const order: string[] = []
    const tick = vi.spyOn(process, 'nextTick')
    for (const name of ['a', 'b', 'c']) flusher.schedule(target(() => order.push(name)))
    expect(tick).toHaveBeenCalledOnce()
    tick.mockRestore()
    expect(order).toEqual([])
    await nextTurn()
    expect(order).toEqual(['a', 'b', 'c'])
  })

  it('waits for all promise jobs of the turn, and not for its I/O', async () => {
    const flusher = new Flusher()
    const order: string[] = []
    setImmediate(() => order.push('I/O'))
    flusher.schedule(target(() => order.push('flush')))
    const hop = async (left: number): Promise<void> => {
      if (left === 0) return void order.push('promises')
      await null
      return hop(left - 1)
    }
    void hop(50)
    await nextTurn()
    expect(order).toEqual(['promises', 'flush', 'I/O'])
  })

  it('flushes a target again that is scheduled again, also from inside its flush', async () => {
    const flusher = new Flusher()
    const again = target(() => {
      if (again.flush.mock.calls.length < 3) flusher.schedule(again)
    })
    flusher.schedule(again)
    await nextTurn()
    expect(again.flush).toHaveBeenCalledTimes(3)
  })

  it('does not let the first of many wait for the last', async () => {
    const flusher = new Flusher()
    const all = Array.from({ length: 20 }, () => target())
    const flushed = () => all.filter(({ flush }) => flush.mock.calls.length > 0).length
    const seen = all.map((one) => {
      flusher.schedule(one)
      return flushed()
    })
    // Never the one that is being scheduled: it is in the middle of what made it ready.
    expect(seen).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 16, 16])
    await nextTurn()
    expect(flushed()).toBe(20)
    for (const { flush } of all) expect(flush).toHaveBeenCalledOnce()
  })

  it('flushes what comes in bursts once in a turn, however many others there are', async () => {
    const flusher = new Flusher()
    const waiting = new Set<unknown>()
    const all = Array.from({ length: 30 }, () => {
      const one = target(() => waiting.delete(one))
      return one
    })
    /** Three events of each, taken in turn, as sources that run side by side give them. */
    const burst = async () => {
      for (const one of [...all, ...all, ...all]) {
        if (waiting.has(one)) continue
        waiting.add(one)
        flusher.schedule(one)
      }
      await nextTurn()
      expect(waiting.size).toBe(0)
      const flushes = all.map(({ flush }) => flush.mock.calls.length)
      for (const { flush } of all) flush.mockClear()
      return Math.max(...flushes)
    }
    // It cannot be known of the first event of a turn that more of them follow.
    expect(await burst()).toBe(2)
    for (let turns = 0; turns < 60; turns++) expect(await burst()).toBe(1)
  })

  it('flushes early again what has come alone for a while', async () => {
    const flusher = new Flusher()
    const [one, ...others] = Array.from({ length: 9 }, () => target())
    flusher.schedule(one!)
    flusher.schedule(one!)
    await nextTurn()
    const isEarly = async () => {
      one!.flush.mockClear()
      flusher.schedule(one!)
      for (const other of others) flusher.schedule(other)
      const early = one!.flush.mock.calls.length > 0
      await nextTurn()
      expect(one!.flush).toHaveBeenCalledOnce()
      return early
    }
    expect(await isEarly()).toBe(false)
    for (let turns = 0; turns < 100; turns++) if (await isEarly()) return
    expect.unreachable('it still waits for the end of each turn')
  })

  it('tells a target that throws, and flushes all others', async () => {
    const flusher = new Flusher()
    const error = new Error('broken pipe')
    const broken = target(() => {
      throw error
    })
    const [before, after] = [target(), target()]
    for (const one of [before, broken, after]) flusher.schedule(one)
    await nextTurn()
    expect(broken.onFlushError).toHaveBeenCalledExactlyOnceWith(error)
    expect(before.flush).toHaveBeenCalledOnce()
    expect(after.flush).toHaveBeenCalledOnce()
    expect(after.onFlushError).not.toHaveBeenCalled()
  })
})
