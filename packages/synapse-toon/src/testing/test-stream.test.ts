import { describe, expect, it, vi } from 'vitest'
import { createFakeClock } from './fake-clock.ts'
import { createTestStream, type TestChunk } from './test-stream.ts'

async function collectChunks(stream: AsyncIterable<TestChunk>, into: TestChunk[]): Promise<void> {
  for await (const chunk of stream) into.push(chunk)
}

describe('createTestStream', () => {
  it("is the seed's generator: 100 chunks, 10 ms after each", async () => {
    const clock = createFakeClock()
    const chunks: TestChunk[] = []
    const done = collectChunks(createTestStream({ clock }), chunks)
    await clock.advance(0)
    expect(chunks).toHaveLength(1)
    await clock.advance(9)
    expect(chunks).toHaveLength(1)
    await clock.advance(1)
    expect(chunks).toHaveLength(2)
    await clock.advance(980)
    expect(chunks).toHaveLength(100)
    await clock.advance(10)
    await done
    expect(clock.pending).toBe(0)
    expect(chunks.map(({ index, text }) => [index, text])).toEqual(
      Array.from({ length: 100 }, (_, index) => [index, `Token ${index}`]),
    )
  })

  it("has the seed's timestamps: now()->toDateTimeString(), in UTC", async () => {
    vi.setSystemTime(new Date('2026-11-23T03:04:05.678Z'))
    try {
      const { value } = await createTestStream().next()
      expect(value).toEqual({ index: 0, text: 'Token 0', timestamp: '2026-11-23 03:04:05' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('yields as many chunks as it is told to, without a pause where that is 0', async () => {
    const clock = createFakeClock()
    const chunks: TestChunk[] = []
    await collectChunks(createTestStream({ count: 3, intervalMs: 0, clock }), chunks)
    expect(chunks).toHaveLength(3)
    await collectChunks(createTestStream({ count: 0, clock }), chunks)
    expect(chunks).toHaveLength(3)
  })
})
