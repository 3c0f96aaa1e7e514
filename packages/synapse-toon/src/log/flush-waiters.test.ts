import { describe, expect, it } from 'vitest'
import { nextTurn } from '../time/turn.ts'
import { FlushWaiters } from './flush-waiters.ts'

describe('those who wait for a flush', () => {
  it('are told once all that they wait for is stored, and no other is', async () => {
    const waiters = new FlushWaiters()
    const told: number[] = []
    for (const seq of [2, 2, 5, 9]) void waiters.wait(seq).then(() => told.push(seq))
    waiters.wake(1)
    await nextTurn()
    expect(told).toEqual([])
    waiters.wake(5)
    await nextTurn()
    expect(told).toEqual([2, 2, 5])
    waiters.wake(5)
    waiters.wake(20)
    await nextTurn()
    expect(told).toEqual([2, 2, 5, 9])
  })
})
