import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SmallSet } from './small-set.ts'

const values = [{ n: 0 }, { n: 1 }, { n: 2 }]

const listOf = ({ only, all }: SmallSet<object>) => [...(all ?? (only ? [only] : []))]

describe('SmallSet', () => {
  it('holds what a Set holds, in its order, whatever is added and deleted', () => {
    const step = fc.tuple(fc.boolean(), fc.nat(values.length - 1))
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const set = new Set<object>()
        const small = new SmallSet<object>()
        for (const [isAdd, n] of steps) {
          const value = values[n]!
          if (isAdd) {
            set.add(value)
            small.add(value)
          } else expect(small.delete(value)).toBe(set.delete(value))
          expect(small.size).toBe(set.size)
          expect(listOf(small)).toEqual([...set])
          for (const each of values) expect(small.has(each)).toBe(set.has(each))
        }
      }),
    )
  })

  it('makes no table for one, also for one after the other', () => {
    const small = new SmallSet<object>()
    for (const value of values) {
      small.add(value)
      small.add(value)
      expect(small).toMatchObject({ only: value, all: undefined, size: 1 })
      small.delete(value)
    }
    expect(small.size).toBe(0)
  })
})
