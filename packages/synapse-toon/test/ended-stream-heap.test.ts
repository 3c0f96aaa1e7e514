import { describe, expect, it, onTestFinished } from 'vitest'
import { createSynapseToon, type SynapseToon } from '../src/index.ts'
import { createLevelLog } from '../src/level.ts'
import { FrameCache } from '../src/stream/frame-cache.ts'
import { emptyLog } from './connection-kit.ts'
import { untilCollected } from './garbage-kit.ts'
import { makeDirectory } from './level-kit.ts'
import { startLog } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'

async function levelLog() {
  const log = await createLevelLog({ directory: await makeDirectory() })
  onTestFinished(() => log.close())
  return log
}

async function redisLog() {
  const { url } = await startRedis()
  return startLog(url).log
}

/** Runs a stream to its end. @returns what its source had at hand, as long as anybody holds it */
async function runOne(toon: SynapseToon) {
  const prompt = { text: 'of the request' }
  async function* answer(about: typeof prompt) {
    yield { delta: about.text }
  }
  const response = await toon.stream(() => answer(prompt), { request: new Request('http://x/') })
  expect(await response.text()).toContain('event: done')
  return {
    streamId: response.headers.get('X-Synapse-TOON-Stream')!,
    held: new WeakRef(prompt),
  }
}

describe('a stream that has ended', () => {
  it.each([
    ['in memory', async () => createSynapseToon()],
    ['that cannot be resumed', async () => createSynapseToon({ resume: false })],
    ['on a disk', async () => createSynapseToon({ log: await levelLog() })],
    ['in Redis', async () => createSynapseToon({ log: await redisLog() })],
  ])('%s is still known, and keeps nothing of its source', async (_kind, create) => {
    const toon = await create()
    const { streamId, held } = await runOne(toon)
    await untilCollected([held], 'the source is let go of')
    expect(await toon.inspect(streamId)).toMatchObject({ state: 'ended', reason: 'complete' })
  })

  it('keeps nothing of the readers that it had', async () => {
    const log = emptyLog()
    const served = () => {
      const reader = { isShared: false }
      FrameCache.of(log, reader).release()
      return new WeakRef(reader)
    }
    await untilCollected([served(), served()], 'the readers are let go of')
    // The log is held until here, as that of an ended stream is for minutes.
    expect(log.lastSeq).toBe(0)
  })
})
