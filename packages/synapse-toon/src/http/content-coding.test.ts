import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import { TimerWheel } from '../time/timer-wheel.ts'
import { ContentCoding } from './content-coding.ts'

afterEach(() => vi.restoreAllMocks())

const LOOKS = 5
const FRAME = 'event: update\ndata: {"delta":"a"}\n\n'

/** A compressed response, while the event loop is busy for all of the time. */
async function whileBusy(compressWhenBusy: boolean) {
  vi.spyOn(performance, 'eventLoopUtilization').mockImplementation(() => {
    return { idle: 0, active: 1, utilization: 1 }
  })
  const clock = createFakeClock()
  const wheel = new TimerWheel(clock)
  const coding = new ContentCoding(wheel, compressWhenBusy)
  const compressor = coding.open('gzip', 'comment')
  await clock.advance(LOOKS * 1000)
  compressor.compress(FRAME, FRAME.length)
  return { state: compressor.state, coding, wheel }
}

describe('ContentCoding, when the processor is the bottleneck', () => {
  it.each([
    [false, 'stored-busy'],
    [true, 'active'],
  ] as const)('with compressWhenBusy %s is %s', async (compressWhenBusy, expected) => {
    expect((await whileBusy(compressWhenBusy)).state).toBe(expected)
  })

  it('looks no more once nothing is compressed', async () => {
    const { coding, wheel } = await whileBusy(false)
    expect(wheel.size).toBe(1)
    coding.close()
    expect(wheel.size).toBe(0)
  })
})
