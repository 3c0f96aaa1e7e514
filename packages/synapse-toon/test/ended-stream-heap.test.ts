import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createSynapseToon } from '../src/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Runs a stream to its end. @returns what its source had at hand, as long as anybody holds it */
async function runOne(resume: boolean) {
  const toon = createSynapseToon({ resume })
  const prompt = { text: 'of the request' }
  async function* answer(about: typeof prompt) {
    yield { delta: about.text }
  }
  const response = await toon.stream(() => answer(prompt), { request: new Request('http://x/') })
  expect(await response.text()).toContain('event: done')
  return {
    toon,
    streamId: response.headers.get('X-Synapse-TOON-Stream')!,
    held: new WeakRef(prompt),
  }
}

describe('a stream that has ended', () => {
  it.each([
    ['that can be resumed', true],
    ['that cannot', false],
  ])('%s is still known, and keeps nothing of its source', async (_kind, resume) => {
    const { toon, streamId, held } = await runOne(resume)
    // A WeakRef holds until the end of the turn in which it was made.
    await delay(10)
    collect()
    expect(held.deref()).toBeUndefined()
    expect(await toon.inspect(streamId)).toMatchObject({ state: 'ended', reason: 'complete' })
  })
})
