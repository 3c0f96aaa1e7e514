import { describe, expect, it } from 'vitest'
import { createFakeClock } from './fake-clock.ts'
import { createScriptedSource } from './scripted-source.ts'

function contextOf(controller = new AbortController()) {
  return { signal: controller.signal, streamId: 'a', lastEventId: undefined }
}

describe('createScriptedSource', () => {
  it('does its steps in order, on its clock', async () => {
    const clock = createFakeClock()
    const bug = new Error('bug')
    const scripted = createScriptedSource(
      [{ yield: 'a' }, { delay: 50 }, { yield: 'b' }, { throw: bug }],
      clock,
    )
    const run = scripted.source(contextOf())[Symbol.asyncIterator]()
    expect(await run.next()).toEqual({ done: false, value: 'a' })
    const second = run.next()
    await clock.advance(49)
    expect(scripted.pulled).toBe(1)
    await clock.advance(1)
    expect(await second).toEqual({ done: false, value: 'b' })
    await expect(run.next()).rejects.toBe(bug)
    expect(await run.next()).toEqual({ done: true, value: undefined })
  })

  it('counts runs, chunks and open runs, over all of them', async () => {
    const scripted = createScriptedSource([{ yield: 1 }, { yield: 2 }])
    expect(scripted).toMatchObject({ runs: 0, pulled: 0, open: 0, context: undefined })
    const context = contextOf()
    for await (const _chunk of scripted.source(context)) {
      expect(scripted).toMatchObject({ runs: 1, open: 1 })
      expect(scripted.context).toBe(context)
    }
    expect(scripted).toMatchObject({ runs: 1, pulled: 2, open: 0 })
    const second = scripted.source(contextOf())[Symbol.asyncIterator]()
    await second.next()
    expect(scripted).toMatchObject({ runs: 2, pulled: 3, open: 1 })
    await second.return!()
    expect(scripted).toMatchObject({ runs: 2, pulled: 3, open: 0 })
  })

  it('counts a run as open that nobody pulls or lets go, and not one that was let go unpulled', async () => {
    const scripted = createScriptedSource([{ yield: 1 }])
    scripted.source(contextOf())
    const other = scripted.source(contextOf())[Symbol.asyncIterator]()
    expect(scripted.open).toBe(2)
    await other.return!()
    await other.return!()
    expect(scripted.open).toBe(1)
  })

  it('makes its steps anew for every run when it is given a function', async () => {
    let made = 0
    const scripted = createScriptedSource(function* () {
      made++
      yield { yield: made }
    })
    for (const run of [1, 2]) {
      for await (const chunk of scripted.source(contextOf())) expect(chunk).toBe(run)
    }
  })

  it('never makes a step ahead of being asked', async () => {
    const scripted = createScriptedSource(() => Array(1000).fill({ yield: 1 }))
    const run = scripted.source(contextOf())[Symbol.asyncIterator]()
    expect(scripted.pulled).toBe(0)
    await run.next()
    expect(scripted.pulled).toBe(1)
  })

  it.each([
    ['hang', { hang: true } as const],
    ['delay', { delay: 10_000 }],
  ])(
    'gets out of a %s when the signal fires, with its reason, and notes when',
    async (_what, step) => {
      const clock = createFakeClock()
      const scripted = createScriptedSource([step], clock)
      const controller = new AbortController()
      const next = scripted.source(contextOf(controller))[Symbol.asyncIterator]().next()
      await clock.advance(700)
      expect(scripted.signalReason).toBeUndefined()
      const reason = new Error('client left')
      controller.abort(reason)
      await expect(next).rejects.toBe(reason)
      expect(scripted).toMatchObject({ open: 0, signalReason: reason, signalledAt: 700 })
      expect(clock.pending).toBe(0)
    },
  )

  it('does not wait at all once the signal has fired', async () => {
    const scripted = createScriptedSource([{ hang: true }])
    const controller = new AbortController()
    controller.abort(new Error('early'))
    const run = scripted.source(contextOf(controller))[Symbol.asyncIterator]()
    await expect(run.next()).rejects.toThrow('early')
  })
})
