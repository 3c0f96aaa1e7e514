import type { FinishReason } from './finish-reason.ts'

/** By its place, behind "not said", a reason is kept in the bits of a state from `SHIFT` on. */
const REASONS: readonly FinishReason[] = ['stop', 'length', 'content_filter', 'tool_calls']
const SHIFT = 4
const FLAGS = 2 ** SHIFT - 1

/** A state that remembers why the model stopped; the last word counts. */
export function withFinishReason(state: number, reason: FinishReason | undefined): number {
  return reason === undefined ? state : (state & FLAGS) | ((REASONS.indexOf(reason) + 1) << SHIFT)
}

/** @returns `stop` where nobody said anything else */
export function finishReasonIn(state: number): FinishReason {
  return REASONS[(state >> SHIFT) - 1] ?? 'stop'
}
