import { describe, expect, it } from 'vitest'
import { toTerms } from './words.ts'

describe('toTerms', () => {
  it('gives one form to the forms of an English word', () => {
    for (const words of [
      'resume resumes resumed resuming',
      'connect connection connections connected connecting',
      'stop stopped stopping stops',
      'query queries',
      'deploy deployment deployed',
      'authenticate authentication',
    ]) {
      expect(new Set(toTerms(words)).size, words).toBe(1)
    }
  })

  it('splits names in code, and keeps them whole too', () => {
    expect(toTerms('maxBufferSize')).toEqual(['maxbuffersiz', 'max', 'buffer', 'siz'])
    expect(toTerms('X-Accel-Buffering')).toEqual(['x', 'accel', 'buffer'])
  })

  it('leaves out what stands in every question', () => {
    expect(toTerms('How do I get the gap?')).toEqual(['gap'])
    expect(toTerms('what is it?')).toEqual([])
  })

  it('indexes languages without spaces by pairs of characters', () => {
    expect(toTerms('東京都の天気')).toEqual(['東京', '京都', '都の', 'の天', '天気'])
    expect(toTerms('HTTPは204')).toEqual(['は', 'http', '204'])
  })

  it('keeps the marks of letters', () => {
    expect(toTerms('हिन्दी')).toEqual(['हिन्दी'])
  })
})
