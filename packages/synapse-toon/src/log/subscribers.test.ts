import { describe, expect, it, vi } from 'vitest'
import type { LogRecord } from '../wire/record.ts'
import { Subscribers } from './subscribers.ts'

const record: LogRecord = { seq: 1, event: 'update', json: '1' }

describe('Subscribers', () => {
  it.each([0, 1, 2, 3])('tells %d of them, each once, of the record', (count) => {
    const subscribers = new Subscribers()
    const heard = Array.from({ length: count }, () => vi.fn())
    for (const onAppend of heard) subscribers.add(onAppend)
    expect(subscribers.size).toBe(count)
    subscribers.tell(record)
    for (const onAppend of heard) expect(onAppend).toHaveBeenCalledExactlyOnceWith(record)
  })

  it('tells nobody who has left, whoever leaves first, and takes new ones', () => {
    const subscribers = new Subscribers()
    const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()]
    const leaveFirst = subscribers.add(first)
    const leaveSecond = subscribers.add(second)
    leaveFirst()
    leaveFirst()
    subscribers.tell(record)
    leaveSecond()
    expect(subscribers.size).toBe(0)
    const leaveThird = subscribers.add(third)
    subscribers.tell(record)
    leaveThird()
    subscribers.tell(record)
    expect([first, second, third].map(({ mock }) => mock.calls.length)).toEqual([0, 1, 1])
  })
})
