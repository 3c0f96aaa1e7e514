import { describe, expect, it } from 'vitest'
import { isTerminal } from './record.ts'

describe('isTerminal', () => {
  it.each([
    ['update', false],
    ['done', true],
    ['error', true],
  ] as const)('of an %s record is %s', (event, terminal) => {
    expect(isTerminal({ seq: 1, event, json: '{}' })).toBe(terminal)
  })
})
