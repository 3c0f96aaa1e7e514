import { describe, expect, it } from 'vitest'
import { andThen } from './and-then.ts'

const fail = () => {
  throw new Error('no')
}

describe('andThen', () => {
  it('goes on at once with a value that is here', () => {
    expect(andThen(2, (two) => two + 1)).toBe(3)
    expect(() => andThen(2, fail)).toThrow('no')
  })

  it('goes on later with one that is promised', async () => {
    const later = andThen(Promise.resolve(2), (two) => two + 1)
    expect(later).toBeInstanceOf(Promise)
    expect(await later).toBe(3)
    await expect(andThen(Promise.resolve(2), fail)).rejects.toThrow('no')
    const failed = (error: unknown) => `${error}`
    expect(andThen(2, fail, failed)).toBe('Error: no')
    expect(await andThen(Promise.resolve(2), fail, failed)).toBe('Error: no')
    expect(await andThen(Promise.reject(new Error('before')), fail, failed)).toBe('Error: before')
    await expect(andThen(Promise.reject(new Error('before')), fail)).rejects.toThrow('before')
  })
})
