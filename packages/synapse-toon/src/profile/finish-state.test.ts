import { describe, expect, it } from 'vitest'
import { finishReasonIn, withFinishReason } from './finish-state.ts'

describe('a state', () => {
  it('keeps the last reason beside its flags, and says stop where none was said', () => {
    expect(finishReasonIn(7)).toBe('stop')
    const state = withFinishReason(withFinishReason(5, 'length'), 'tool_calls')
    expect(finishReasonIn(state)).toBe('tool_calls')
    expect(finishReasonIn(withFinishReason(state, undefined))).toBe('tool_calls')
    expect(state & 15).toBe(5)
  })
})
