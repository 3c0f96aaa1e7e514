import { describe, expect, it } from 'vitest'
import { dataFrame } from './profile.ts'

describe('dataFrame', () => {
  it('is one line of data whatever is in it', () => {
    expect(dataFrame('a\r\nb\n\u2028')).toBe('data: "a\\r\\nb\\n\u2028"\n\n')
  })
})
