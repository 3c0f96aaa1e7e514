import { afterEach, describe, expect, it, vi } from 'vitest'
import { JsonTemplate } from './json-template.ts'
import { JsonTemplates } from './json-templates.ts'

afterEach(() => void vi.restoreAllMocks())

/** What was written by a template, in what `payloads` gives; the rest is learnt. */
function writtenOf(templates: JsonTemplates, payloads: readonly object[]): number {
  let written = 0
  for (const payload of payloads) {
    const json = templates.write(payload)
    if (json === undefined) templates.learn(JSON.stringify(payload))
    else written++
    expect(json ?? JSON.stringify(payload)).toBe(JSON.stringify(payload))
  }
  return written
}

const times = (count: number, payload: (n: number) => object) =>
  Array.from({ length: count }, (_, n) => payload(n))
/** One of its shape only. */
const alone = (n: number) => ({ [`key${n}`]: n })

describe('JsonTemplates', () => {
  it('writes all but the first of each shape, with its bytes', () => {
    const templates = new JsonTemplates()
    const streams = times(400, (n) => {
      const shape = n % 4
      if (shape === 0) return { role: 'assistant', n }
      if (shape === 1) return { delta: `token ${n}` }
      return shape === 2 ? { done: true, n } : { usage: { total: n } }
    })
    expect(writtenOf(templates, streams)).toBe(396)
    templates.write({ delta: 'é' })
    expect(templates.bytes).toBe('{"delta":"é"}'.length + 1)
  })

  it('keeps the 8 shapes that came last', () => {
    const templates = new JsonTemplates()
    expect(writtenOf(templates, times(8, alone))).toBe(0)
    expect(writtenOf(templates, times(8, alone))).toBe(8)
    expect(writtenOf(templates, [{ ninth: 1 }, { ninth: 2 }])).toBe(1)
    const again = times(8, alone).filter((payload) => templates.write(payload) !== undefined)
    expect(again).toHaveLength(7)
  })

  it('rests where payloads are not alike, and is back for those that are', () => {
    const templates = new JsonTemplates()
    const made = vi.spyOn(JsonTemplate, 'of')
    writtenOf(templates, times(10_000, alone))
    expect(made.mock.calls.length).toBeLessThan(10_000 / 50)
    const alike = times(3000, (n) => ({ delta: n }))
    expect(writtenOf(templates, alike)).toBeGreaterThan(1900)
  })

  it('does not rest where one in ten is alone', () => {
    const templates = new JsonTemplates()
    const payloads = times(10_000, (n) => (n % 10 === 0 ? alone(n) : { delta: n }))
    expect(writtenOf(templates, payloads)).toBeGreaterThan(8900)
  })

  it('learns nothing of a large payload', () => {
    const templates = new JsonTemplates()
    const large = { text: 'x'.repeat(4096) }
    expect(writtenOf(templates, [large, large])).toBe(0)
  })
})
