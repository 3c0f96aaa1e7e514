import { describe, expect, it } from 'vitest'
import { createBufferingWatch } from './buffering-watch.ts'

function verdict(events: number, ...times: number[]) {
  const watch = createBufferingWatch(1000)
  for (const time of times) watch.came(1000 + time)
  return watch.verdict(events)
}

describe('the watch for proxies that buffer', () => {
  it('sees many events at once, late', () => {
    expect(verdict(10, 2000, 2100, 2200)).toMatchObject({ waited: 2000, events: 10 })
    expect(verdict(50, 30_000, 32_900)).toMatchObject({ waited: 30_000 })
  })

  it.each([
    ['few events', 9, [5000]],
    ['an early answer', 50, [1999, 2000]],
    ['an answer over some time', 50, [5000, 5501]],
    ['a first byte in time', 50, [100, 8000]],
    ['no byte at all', 50, []],
  ])('sees nothing in %s', (_what, events, times) => {
    expect(verdict(events as number, ...(times as number[]))).toBeUndefined()
  })
})
