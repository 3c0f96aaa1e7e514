import { describe, expect, it } from 'vitest'
import { chatAddress, fitsInAddress, parseEventId, streamAddress } from './stream-address.ts'

describe('parseEventId', () => {
  it('parts the stream id from the position', () => {
    expect(parseEventId('5f0c7a52-91d3-8e14-b0a6-00000000002a')).toEqual({
      streamId: '5f0c7a52-91d3-8e14-b0a6',
      position: 42,
    })
  })

  it.each(['', '42', '5f0c7a52-91d3-8e14-b0a6', '5f0c7a52-91d3-8e14-b0a6-00000000002g'])(
    'does not know %j',
    (id) => {
      expect(parseEventId(id)).toBeUndefined()
    },
  )
})

describe('addresses', () => {
  it('are relative and carry any text', () => {
    expect(chatAddress('a&b ü')).toBe('chat/stream?message=a%26b%20%C3%BC')
    expect(streamAddress('5f0c7a52-91d3-8e14-b0a6')).toBe('streams/5f0c7a52-91d3-8e14-b0a6')
  })

  it('replace half of an emoji, which has no UTF-8', () => {
    expect(chatAddress('a\uD83D')).toBe(`chat/stream?message=a${encodeURIComponent('\uFFFD')}`)
    expect(chatAddress('😀')).toBe('chat/stream?message=%F0%9F%98%80')
  })

  it('are measured as they travel, so that nine characters count for one of Chinese', () => {
    expect(fitsInAddress('a'.repeat(7_000))).toBe(true)
    expect(fitsInAddress('好'.repeat(1_000))).toBe(false)
  })
})
