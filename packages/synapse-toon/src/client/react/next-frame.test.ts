import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { createNextFrame } from './next-frame.ts'

/** A page that draws when a test says so. */
function drawingPage() {
  const waiting = new Map<number, () => void>()
  let last = 0
  return {
    waiting,
    requestAnimationFrame(run: () => void) {
      waiting.set(++last, run)
      return last
    },
    cancelAnimationFrame: (handle: number) => void waiting.delete(handle),
    draw() {
      for (const [handle, run] of [...waiting]) {
        waiting.delete(handle)
        run()
      }
    },
  }
}

describe('the next frame', () => {
  it('is that of the page, and comes once', async () => {
    const page = drawingPage()
    const clock = createFakeClock()
    let calls = 0
    createNextFrame(page, clock)(() => calls++)
    expect(calls).toBe(0)
    page.draw()
    await clock.advance(5000)
    page.draw()
    expect(calls).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('of a hidden page, which draws nothing, comes within a second, and once', async () => {
    const page = drawingPage()
    const clock = createFakeClock()
    let calls = 0
    createNextFrame(page, clock)(() => calls++)
    await clock.advance(999)
    expect(calls).toBe(0)
    await clock.advance(1)
    expect(calls).toBe(1)
    page.draw()
    expect(calls).toBe(1)
    expect(page.waiting.size).toBe(0)
  })

  it('is a timer where there are no frames', async () => {
    const clock = createFakeClock()
    let calls = 0
    createNextFrame({}, clock)(() => calls++)
    await clock.advance(16)
    expect(calls).toBe(1)
  })

  it.each([
    ['with frames', true],
    ['without frames', false],
  ])('can be taken back, and then holds nothing: %s', async (_, hasFrames) => {
    const page = drawingPage()
    const clock = createFakeClock()
    let calls = 0
    createNextFrame(hasFrames ? page : {}, clock)(() => calls++)()
    page.draw()
    await clock.advance(5000)
    expect(calls).toBe(0)
    expect(page.waiting.size + clock.pending).toBe(0)
  })
})
