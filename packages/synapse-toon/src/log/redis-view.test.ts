import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { producerLost } from './producer-lost.ts'
import { LEASE_MS, Model, openView } from './redis-view-kit.ts'

type Step =
  | { readonly do: 'append'; readonly count: number }
  | {
      readonly do:
        | 'run'
        | 'answer'
        | 'deliver'
        | 'lose'
        | 'repeat'
        | 'look'
        | 'reconnect'
        | 'garbage'
    }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('run' as const, 'answer' as const, 'deliver' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'lose' as const,
        'repeat' as const,
        'look' as const,
        'reconnect' as const,
        'garbage' as const,
      ),
    }),
  },
)

describe('RedisView', () => {
  it('announces every record once and in order, whatever becomes of messages and looks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.array(steps, { maxLength: 60 }), async (before, script) => {
        const model = new Model()
        if (before > 0) model.append(before)
        const { view, heard, seen, follow } = openView(model)
        const known = view.lastSeq
        follow()
        for (const step of script) {
          if (step.do === 'append') model.append(step.count)
          else if (step.do === 'run') model.calls.shift()?.()
          else if (step.do === 'answer') model.answers.shift()?.()
          else if (step.do === 'deliver') model.deliver()
          else if (step.do === 'lose') model.messages.shift()
          else if (step.do === 'repeat') model.messages.push(...model.messages.slice(0, 1))
          else if (step.do === 'look') view.lookSoon()
          else if (step.do === 'garbage') model.messages.push('hello')
          else {
            model.messages.length = 0
            model.listener!.onJoined()
          }
          await Promise.resolve()
        }
        await model.settle()
        model.append(2, true)
        // As after a new connection, or at the next interval.
        view.lookSoon()
        await model.settle()
        const all = model.records
        expect(heard).toEqual(all.slice(known).map(({ seq }) => seq))
        expect(seen).toEqual(all.slice(known))
        expect(view).toMatchObject({ ended: true, mayLag: false, bytes: model.bytes })
        expect(view.isLive).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('knows what was appended between opening and joining', async () => {
    const model = new Model()
    const { view, heard, follow } = openView(model)
    model.append(4)
    follow()
    model.append(1)
    model.listener!.onJoined()
    await model.settle()
    expect(heard).toEqual([1, 2, 3, 4, 5])
    expect(view.mayLag).toBe(true)
  })

  it('reads what lies between as soon as a message shows that one was lost', async () => {
    const model = new Model()
    const { heard, follow } = openView(model)
    follow()
    model.append(2)
    await model.settle()
    model.append(2)
    model.messages.length = 0
    model.append(1)
    await model.settle()
    expect(heard).toEqual([1, 2, 3, 4, 5])
  })

  it('asks nothing for messages that come in order', async () => {
    const model = new Model()
    const { heard, follow } = openView(model)
    for (let reader = 0; reader < 100; reader++) follow()
    model.listener!.onJoined()
    await model.settle()
    const before = model.counts.length
    for (let n = 0; n < 50; n++) {
      model.append(3)
      await model.settle()
    }
    expect(heard).toHaveLength(150 * 100)
    expect(model.counts).toHaveLength(before)
  })

  it('says how many read while they do, and that it is idle when nobody does', async () => {
    const model = new Model()
    const { view, live, follow } = openView(model)
    view.lookSoon()
    await model.settle()
    const leave = [follow(), follow(), follow()]
    expect(live.has(view)).toBe(true)
    view.lookSoon()
    await model.settle()
    expect(model.counts.slice(1)).toEqual([undefined, 3])
    expect(await view.readers()).toBe(5)
    for (const one of leave) one()
    for (const one of leave) one()
    expect(live.size).toBe(0)
    expect(model.listener).toBeUndefined()
    expect(await view.readers()).toBe(2)
    follow()
    expect(live.size).toBe(1)
  })

  it('says how many read here where Redis cannot be asked about the others', async () => {
    const model = new Model()
    model.store.readers = () => Promise.reject(new Error('away'))
    const { view, follow } = openView(model)
    follow()
    expect(await view.readers()).toBe(1)
  })

  it('leaves a hole where Redis has lost records, and goes on behind it', async () => {
    const model = new Model()
    model.append(3)
    const { view, heard, follow } = openView(model)
    follow()
    model.records = [{ seq: 8, event: 'update', json: '8' }]
    model.listener!.onJoined()
    await model.settle()
    model.append(1)
    await model.settle()
    expect(heard).toEqual([8, 9])
    expect([view.at(3), view.at(7), view.at(8)?.seq]).toEqual([undefined, undefined, 8])
    expect((await view.load(2)).map(({ seq }) => seq)).toEqual([8, 9])
  })

  it('goes to the newest position where the records up to it are gone', async () => {
    const model = new Model()
    model.append(3)
    const { view, heard, follow } = openView(model)
    follow()
    model.append(5, true)
    model.messages.length = 0
    const end = model.records.at(-1)!
    model.sight = () => ({
      ...{ epoch: 'one', principal: undefined, firstSeq: 1, lastSeq: 8, bytes: 99, end },
      records: [],
    })
    view.lookSoon()
    await model.settle()
    expect(heard).toEqual([8])
    expect(view.at(8)).toEqual(end)
  })

  it('ends behind what is known here where Redis lost that, and then the producer', async () => {
    const model = new Model()
    model.append(6)
    const { view, heard, follow } = openView(model)
    view.lookSoon()
    await model.settle()
    expect(view.lastSeq).toBe(6)
    follow()
    for (const lost of [producerLost(4), producerLost(6)]) {
      model.records = [...model.records.slice(0, 3), lost]
      model.listener?.onJoined()
      await model.settle()
    }
    expect(heard).toEqual([7])
    expect(view.at(7)).toEqual(producerLost(7))
  })

  it('ends a stream that Redis has lost once its producer had a lease to make it anew', async () => {
    const model = new Model()
    model.append(2)
    const { view, clock, heard, follow } = openView(model)
    follow()
    model.isGone = true
    view.lookSoon()
    await model.settle()
    await clock.advance(LEASE_MS - 1)
    view.lookSoon()
    await model.settle()
    expect(model.buried).toEqual([])
    await clock.advance(1)
    view.lookSoon()
    await model.settle()
    expect(model.buried).toEqual([3])
    expect(heard).toEqual([3])
    expect(view.at(3)).toEqual(producerLost(3))
  })

  it('waits anew when the stream was back in between', async () => {
    const model = new Model()
    const { view, clock, follow } = openView(model)
    follow()
    for (const isGone of [true, false, true]) {
      model.isGone = isGone
      view.lookSoon()
      await model.settle()
      await clock.advance(LEASE_MS - 1)
    }
    expect(model.buried).toEqual([])
  })

  it('ends when another stream has its id', async () => {
    const model = new Model()
    model.append(3)
    const { view, heard, follow } = openView(model)
    follow()
    model.epoch = 'two'
    view.lookSoon()
    await model.settle()
    expect(heard).toEqual([4])
    expect(view.at(4)).toEqual(producerLost(4))
    const refreshed = view.refresh()
    await model.settle()
    expect(await refreshed).toBe(false)
  })

  it('is not there any more when its records have expired, but keeps the end for who has it', async () => {
    const model = new Model()
    model.append(2, true)
    const { view } = openView(model)
    const refresh = async () => {
      const refreshed = view.refresh()
      await model.settle()
      return refreshed
    }
    expect(await refresh()).toBe(true)
    model.isGone = true
    expect(await refresh()).toBe(false)
    expect(view.at(2)?.event).toBe('done')
  })

  it('begins at the end of a stream that is too large to be held, and has its terminal record', async () => {
    const model = new Model()
    model.append(8, true)
    const end = model.records.at(-1)!
    const sight = { ...model.sight({ after: 0, readers: undefined })!, records: [] }
    model.sight = () => sight
    const { view } = openView(model)
    expect(view).toMatchObject({ lastSeq: 8, firstSeq: 1, ended: true, bytes: model.bytes })
    expect(view.at(8)).toEqual(end)
    expect(view.at(7)).toBeUndefined()
    expect(view.bytesAfter(0)).toBe(0)
    expect(await view.load(1)).toEqual(model.records)
    expect(await view.load(9)).toEqual([])
  })
})
