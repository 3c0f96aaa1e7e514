import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTurn } from '../time/turn.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

let clock: FakeClock

beforeEach(() => {
  clock = createFakeClock()
})

describe('createFakeClock', () => {
  it('starts at 0 and stands still until it is moved', async () => {
    expect(clock.now()).toBe(0)
    await nextTurn()
    expect(clock.now()).toBe(0)
    await clock.advance(1500)
    expect(clock.now()).toBe(1500)
  })

  it('calls what falls due on the way, at its time, in order, and what does not later', async () => {
    const calls: [string, number][] = []
    const note = (name: string) => () => void calls.push([name, clock.now()])
    clock.after(30, note('c'))
    clock.after(10, note('a'))
    clock.after(10, note('b'))
    clock.after(31, note('later'))
    await clock.advance(30)
    expect(calls).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 30],
    ])
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    expect(calls.at(-1)).toEqual(['later', 31])
  })

  it('calls each once', async () => {
    const run = vi.fn()
    clock.after(10, run)
    await clock.advance(100)
    await clock.advance(100)
    expect(run).toHaveBeenCalledOnce()
  })

  it('calls what a call on the way has asked for, if it falls due too', async () => {
    const times: number[] = []
    const again = () => {
      times.push(clock.now())
      clock.after(10, again)
    }
    clock.after(10, again)
    await clock.advance(35)
    expect(times).toEqual([10, 20, 30])
  })

  it('does not call what was cancelled, and cancelling late or twice does nothing', async () => {
    const [run, ran] = [vi.fn(), vi.fn()]
    const cancel = clock.after(10, run)
    const late = clock.after(5, ran)
    cancel()
    cancel()
    expect(clock.pending).toBe(1)
    await clock.advance(20)
    late()
    expect(run).not.toHaveBeenCalled()
    expect(ran).toHaveBeenCalledOnce()
    expect(clock.pending).toBe(0)
  })

  it('lets promises and I/O run after each call, before the next', async () => {
    const order: string[] = []
    clock.after(10, () => {
      order.push('first')
      void nextTurn().then(() => order.push('what the first has started'))
    })
    clock.after(20, () => order.push('second'))
    await clock.advance(20)
    expect(order).toEqual(['first', 'what the first has started', 'second'])
  })

  it('lets what is under way run before time moves', async () => {
    let at = -1
    void Promise.resolve().then(() => {
      at = clock.now()
      clock.after(5, () => {})
    })
    await clock.advance(10)
    expect(at).toBe(0)
    expect(clock.pending).toBe(0)
  })
})
