import { describe, expect, it } from 'vitest'
import { stem, stems } from './words.ts'

describe('the form under which a word is found', () => {
  it.each([
    ['resume', 'resumes', 'resumed', 'resuming', 'Resume'],
    ['stream', 'streams', 'streaming', 'STREAMED'],
    ['retry', 'retries', 'retried'],
    ['process', 'processes', 'processed'],
  ])('is the same for %s and its other forms', (word, ...others) => {
    for (const other of others) expect(stem(other)).toBe(stem(word))
  })

  it('is not cut down to nothing', () => {
    expect(stem('SSE')).toBe('sse')
    expect(stem('red')).toBe('red')
  })

  it('is none for a word that stands in every question', () => {
    expect(stems('How do I use it?')).toEqual([])
  })

  it('takes headers and other names apart', () => {
    expect(stems('Last-Event-ID')).toEqual(['last', 'event', 'id'])
  })
})
