import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import type { Clock } from '../time/clock.ts'
import { createIdleClocks } from './idle-clocks.ts'

function clocks(lineIdle: number, contentIdle: number) {
  const clock = createFakeClock()
  const rung: string[] = []
  const idle = createIdleClocks(clock, { lineIdle, contentIdle }, (kind, limit) => {
    rung.push(`${kind} ${limit}`)
  })
  return { clock, rung, idle }
}

describe('the two clocks', () => {
  it('ring after their limit, while bytes are waited for', async () => {
    const { clock, rung, idle } = clocks(100, 1000)
    idle.wait()
    await clock.advance(99)
    expect(rung).toEqual([])
    await clock.advance(1)
    expect(rung).toEqual(['line 100'])
  })

  it('differ in what moves them: bytes the one, content the other', async () => {
    const { clock, rung, idle } = clocks(100, 250)
    for (let n = 0; n < 4; n++) {
      const came = idle.wait()
      await clock.advance(60)
      came()
    }
    expect(rung).toEqual([])
    const came = idle.wait()
    await clock.advance(10)
    expect(rung).toEqual(['content 250'])
    came()
    idle.moved()
    idle.wait()
    await clock.advance(99)
    expect(rung).toEqual(['content 250'])
  })

  it('stand still while nobody waits', async () => {
    const { clock, rung, idle } = clocks(100, 250)
    const came = idle.wait()
    await clock.advance(90)
    came()
    expect(clock.pending).toBe(0)
    await clock.advance(10_000)
    idle.wait()
    await clock.advance(99)
    expect(rung).toEqual([])
    await clock.advance(1)
    expect(rung).toEqual(['line 100'])
  })

  it('of 0 never ring', async () => {
    const { clock, idle } = clocks(0, 0)
    idle.wait()
    expect(clock.pending).toBe(0)
  })

  it('that ring late start again: the machine slept, and its sockets had no turn', () => {
    let now = 0
    let timer = () => {}
    const clock: Clock = {
      now: () => now,
      after(_milliseconds, run) {
        timer = run
        return () => {}
      },
    }
    const rung: string[] = []
    createIdleClocks(clock, { lineIdle: 100, contentIdle: 0 }, (kind) => rung.push(kind)).wait()
    now = 60_000
    timer()
    expect(rung).toEqual([])
    now += 100
    timer()
    expect(rung).toEqual(['line'])
  })
})
