import { describe, expect, it } from 'vitest'
import { duration, type Figures, figuresLine, size } from './figures.ts'

const figures: Figures = {
  events: 501,
  bytes: 40_960,
  wireBytes: 4198,
  resumes: 3,
  dropped: 0,
  gaps: 1,
  firstEventMs: 212.4,
  contentMs: 8000,
  usage: undefined,
}

describe('the line of figures', () => {
  it('says when it began, how fast it came, how much, and what happened', () => {
    expect(figuresLine(figures)).toBe(
      'first event 212 ms, 501 events (63/s), 40.0 KiB raw, 4.1 KiB wire, 3 resumes, 1 gap',
    )
  })

  it.each([
    ['OpenAI', { completion_tokens: 40, prompt_tokens: 9 }],
    ['Anthropic', { input_tokens: 9, output_tokens: 40 }],
  ])('counts tokens where the provider did: %s', (_, usage) => {
    expect(figuresLine({ ...figures, usage })).toContain(', 40 tokens (5.0/s), ')
  })

  it('claims no rate from one event, and no tokens that nobody counted', () => {
    const line = figuresLine({ ...figures, events: 1, contentMs: 0, usage: { total: 3 } })
    expect(line).toContain('1 event, 40.0 KiB')
    expect(line).not.toContain('token')
    expect(line).not.toContain('/s')
  })

  it('of a stream that never came says so', () => {
    const nothing = { events: 0, bytes: 0, wireBytes: 0, resumes: 0, gaps: 0, contentMs: 0 }
    expect(figuresLine({ ...figures, ...nothing, firstEventMs: undefined })).toBe(
      'no event, 0 events, 0 B raw, 0 B wire, 0 resumes, 0 gaps',
    )
  })
})

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [61_234, '61.2 s'],
])('%d ms read %s', (milliseconds, text) => expect(duration(milliseconds)).toBe(text))

it.each([
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_572_864, '1.5 MiB'],
])('%d bytes read %s', (bytes, text) => expect(size(bytes)).toBe(text))
