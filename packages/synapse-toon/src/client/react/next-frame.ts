import type { Clock } from '../../time/clock.ts'

/** Calls once, before the next picture is drawn. @returns takes the call back */
export type NextFrame = (run: () => void) => () => void

/** What a page has that draws. */
export interface DrawingPage {
  requestAnimationFrame(run: () => void): number
  cancelAnimationFrame(handle: number): void
}

/** Where nothing draws: about as often as a screen does, in ms. */
const FRAME_MS = 16

/** A hidden page is given no frames, and its title may still have to say that an answer is complete. */
const HIDDEN_MS = 1000

/** @param page `globalThis`; one without frames (Node, tests, workers) has a timer in their place */
export function createNextFrame(page: Partial<DrawingPage>, clock: Clock): NextFrame {
  return (run) => {
    let frame: number | undefined
    const cancel = () => {
      cancelTimer()
      if (frame !== undefined) page.cancelAnimationFrame?.(frame)
    }
    const once = () => {
      cancel()
      run()
    }
    const hasFrames = page.requestAnimationFrame !== undefined
    const cancelTimer = clock.after(hasFrames ? HIDDEN_MS : FRAME_MS, once)
    frame = page.requestAnimationFrame?.(once)
    return cancel
  }
}
