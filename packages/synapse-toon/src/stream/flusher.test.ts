import { describe, expect, it, vi } from 'vitest'
import { nextTurn } from '../time/turn.ts'
import { Flusher } from './flusher.ts'

const target = (flush: () => void = () => {}) => ({
  flush: vi.fn(flush),
  onFlushError: vi.fn(),
})

describe('Flusher', () => {
  it('flushes all that became ready in a turn in one pass, in order', async () => {
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
