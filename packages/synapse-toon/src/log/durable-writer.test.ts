import fc from 'fast-check'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { nextTurn } from '../time/turn.ts'
import type { LogRecord } from '../wire/record.ts'
import type { Batch, Stored } from './batch.ts'
import { DurableWriter, type DurableWriterInput } from './durable-writer.ts'

const OUTAGE_MS = 10_000

const update = (seq: number, json = '"12345678"'): LogRecord => ({ seq, event: 'update', json })
const done = (seq: number): LogRecord => ({ seq, event: 'done', json: '{}' })

/** A call of the store that has not been answered. */
interface Call {
  readonly batch: Batch
  readonly resolve: (stored: Stored | 'lost') => void
  readonly reject: (error: Error) => void
}

let clock: FakeClock
/** All calls of the store, the answered ones too. */
let batches: Batch[]
let open: Call[]

beforeEach(() => {
  clock = createFakeClock()
  batches = []
  open = []
})

function writerOf(input: Partial<DurableWriterInput> = {}) {
  const events = { onRoom: vi.fn(), onCancel: vi.fn(), onLost: vi.fn() }
  const onDone = vi.fn()
  const onAway = vi.fn()
  const writer = new DurableWriter({
    streamId: 'a',
    principal: 'user-1',
    maxBytes: 1_000_000,
    shared: false,
    clock,
    store(batch) {
      batches.push(batch)
      return new Promise((resolve, reject) => open.push({ batch, resolve, reject }))
    },
    load: () => [],
    onDone,
    onAway,
    outageFor: OUTAGE_MS,
    ...input,
  })
  writer.listen(events)
  return { writer, onDone, onAway, ...events }
}

function append(writer: DurableWriter, count: number, json?: string): void {
  for (let n = 0; n < count; n++) writer.append(update(writer.lastSeq + 1, json))
}

const lastSeqOf = (batch: Batch) => batch.records.at(-1)!.seq
const seqs = (batch: Batch | undefined) => batch?.records.map(({ seq }) => seq)

/** Answers the call that waits longest: as it would be where all went well, unless told otherwise. */
async function answer(what?: Partial<Stored> | 'lost' | Error): Promise<void> {
  const call = open.shift()!
  if (what instanceof Error) call.reject(what)
  else if (what === 'lost') call.resolve(what)
  else call.resolve({ lastSeq: lastSeqOf(call.batch), ...what })
  await nextTurn()
}

/** Whether what flushed gave has settled by now. */
async function hasSettled(flushed: unknown): Promise<boolean> {
  let settled = false
  Promise.resolve(flushed).then(() => {
    settled = true
  })
  await nextTurn()
  return settled
}

const AWAY = new Error('the store is away')

describe('a DurableWriter whose store answers', () => {
  it('stores what was appended in one turn in one batch, at the end of the turn', async () => {
    const { writer } = writerOf()
    append(writer, 3)
    expect(batches).toEqual([])
    await nextTurn()
    expect(batches).toEqual([
      {
        records: [update(1), update(2), update(3)],
        firstSeq: 1,
        droppedBytes: 0,
        bytes: 30,
        mayLeaveHole: false,
      },
    ])
  })

  it('has one batch on its way at a time: what comes meanwhile goes together', async () => {
    const { writer } = writerOf()
    append(writer, 1)
    await nextTurn()
    for (let turn = 0; turn < 5; turn++) {
      append(writer, 2)
      await nextTurn()
    }
    expect(batches).toHaveLength(1)
    await answer()
    expect(seqs(batches[1])).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(batches[1]!.bytes).toBe(110)
    await answer()
    expect(batches).toHaveLength(2)
  })

  it('bounds a batch by records and by characters, but takes a record of any size', async () => {
    const { writer } = writerOf({ shared: true, maxBytes: 100_000_000 })
    append(writer, 600)
    append(writer, 1, JSON.stringify('x'.repeat(3_000_000)))
    append(writer, 20, JSON.stringify('x'.repeat(100_000)))
    await nextTurn()
    while (open.length > 0) await answer()
    const sizes = batches.map(({ records }) => records.length)
    // 512 small ones; 88 and the huge one; ten of 100 kB pass 1 MiB, the rest is one more.
    expect(sizes).toEqual([512, 89, 11, 9])
  })

  it('is done once its end is stored, and not before', async () => {
    const { writer, onDone, onLost } = writerOf()
    append(writer, 2)
    await nextTurn()
    writer.append(done(3))
    await answer()
    expect(onDone).not.toHaveBeenCalled()
    expect(writer.isOver).toBe(false)
    await answer()
    expect(onDone).toHaveBeenCalledExactlyOnceWith(writer)
    expect(writer).toMatchObject({ isOver: true, ended: true, lastSeq: 3 })
    expect(onLost).not.toHaveBeenCalled()
    expect(clock.pending).toBe(0)
  })

  it('says so when somebody asked to stop, until it has ended', async () => {
    const { writer, onCancel } = writerOf()
    append(writer, 1)
    await nextTurn()
    await answer({ cancelled: true })
    expect(onCancel).toHaveBeenCalledTimes(1)
    append(writer, 1)
    await nextTurn()
    writer.append(done(3))
    await answer({ cancelled: true })
    writer.cancel()
    expect(onCancel).toHaveBeenCalledTimes(1)
  })

  it('can be ended from inside the news that somebody asked to stop', async () => {
    const { writer, onCancel, onDone } = writerOf()
    onCancel.mockImplementation(() => writer.append(done(writer.lastSeq + 1)))
    append(writer, 1)
    await nextTurn()
    await answer({ cancelled: true })
    expect(seqs(batches[1])).toEqual([2])
    await answer()
    expect(onDone).toHaveBeenCalledTimes(1)
  })

  it('counts its readers, or asks for those of all processes', async () => {
    const { writer } = writerOf()
    const leave = writer.subscribe({ onAppend: () => {} })
    expect([writer.readers(), writer.subscribers]).toEqual([1, 1])
    leave()
    expect([writer.readers(), writer.subscribers]).toEqual([0, 0])
    const { writer: shared } = writerOf({ readers: async (here) => here + 5 })
    shared.subscribe({ onAppend: () => {} })
    expect(await shared.readers()).toBe(6)
  })
})

describe('flushed of a DurableWriter', () => {
  it('settles at once where nothing waits', async () => {
    const { writer } = writerOf()
    expect(await hasSettled(writer.flushed())).toBe(true)
    append(writer, 1)
    await nextTurn()
    await answer()
    expect(await hasSettled(writer.flushed())).toBe(true)
  })

  it('waits for what was appended before it, not for what came later', async () => {
    const { writer } = writerOf()
    append(writer, 2)
    const first = writer.flushed()
    await nextTurn()
    append(writer, 1)
    const second = writer.flushed()
    expect(await hasSettled(first)).toBe(false)
    await answer()
    expect(await hasSettled(first)).toBe(true)
    expect(await hasSettled(second)).toBe(false)
    await answer()
    expect(await hasSettled(second)).toBe(true)
  })

  it('settles though records are appended all the time', async () => {
    const { writer } = writerOf()
    append(writer, 1)
    await nextTurn()
    const flushed = writer.flushed()
    append(writer, 1)
    await answer()
    expect(await hasSettled(flushed)).toBe(true)
    expect(open).toHaveLength(1)
  })

  it('waits while the store is away, and settles when the stream is given up', async () => {
    const { writer } = writerOf()
    append(writer, 1)
    const flushed = writer.flushed()
    await nextTurn()
    await answer(AWAY)
    expect(await hasSettled(flushed)).toBe(false)
    writer.lose()
    expect(await hasSettled(flushed)).toBe(true)
    append(writer, 1)
    expect(await hasSettled(writer.flushed())).toBe(true)
  })
})

describe('a DurableWriter whose store is away', () => {
  it('tries again, later each time, with all that has come since', async () => {
    const { writer, onAway } = writerOf({ outageFor: 100_000 })
    append(writer, 1)
    await nextTurn()
    const waits: number[] = []
    for (let attempt = 1; attempt <= 8; attempt++) {
      await answer(AWAY)
      append(writer, 1)
      await nextTurn()
      // Not at once, though something was appended.
      expect(batches).toHaveLength(attempt)
      expect(clock.pending).toBe(1)
      let waited = 0
      for (; open.length === 0; waited += 10) await clock.advance(10)
      waits.push(waited)
    }
    expect(waits).toEqual([50, 100, 200, 400, 800, 1000, 1000, 1000])
    expect(seqs(batches.at(-1))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(onAway).toHaveBeenCalledExactlyOnceWith(AWAY)
  })

  it('begins with short waits again, and says so again, once it was back', async () => {
    const { writer, onAway } = writerOf()
    for (let outage = 1; outage <= 2; outage++) {
      append(writer, 1)
      await nextTurn()
      await answer(AWAY)
      await clock.advance(50)
      await answer(AWAY)
      await clock.advance(100)
      await answer()
      expect(onAway).toHaveBeenCalledTimes(outage)
      expect(clock.pending).toBe(0)
    }
  })

  it('warns with the name of the stream where nobody else does', async () => {
    const warnings = listenToWarnings()
    const { writer } = writerOf({ onAway: undefined })
    append(writer, 1)
    await nextTurn()
    await answer(AWAY)
    await clock.advance(50)
    await answer(AWAY)
    expect(await warnings()).toEqual(['SYNAPSE_LOG'])
  })

  it('is given up after outageFor, and never stored again', async () => {
    const { writer, onLost, onDone } = writerOf()
    append(writer, 1)
    await nextTurn()
    for (let waited = 0; !writer.isOver && waited < 60; waited++) {
      if (open.length > 0) await answer(AWAY)
      await clock.advance(1000)
    }
    expect(clock.now()).toBeGreaterThanOrEqual(OUTAGE_MS)
    expect(clock.now()).toBeLessThanOrEqual(OUTAGE_MS + 2000)
    expect(onLost).toHaveBeenCalledTimes(1)
    expect(onDone).toHaveBeenCalledTimes(1)
    const attempts = batches.length
    append(writer, 1)
    writer.append(done(3))
    await clock.advance(100_000)
    expect(batches).toHaveLength(attempts)
    expect(clock.pending).toBe(0)
    // Those of this process read on.
    expect(writer.at(3)).toEqual(done(3))
    expect(writer.hasRoom).toBe(true)
  })

  it('is not given up for an answer that is only late', async () => {
    const { writer, onLost } = writerOf()
    append(writer, 1)
    await nextTurn()
    await clock.advance(OUTAGE_MS * 10)
    await answer()
    expect(onLost).not.toHaveBeenCalled()
    expect(await hasSettled(writer.flushed())).toBe(true)
  })

  it('holds the producer back once as much waits as may be held', async () => {
    const { writer, onRoom } = writerOf({ shared: true, maxBytes: 100_000_000 })
    const large = JSON.stringify('x'.repeat(1_000_000))
    let appended = 0
    for (; writer.hasRoom; appended++) append(writer, 1, large)
    expect(appended).toBe(9)
    await nextTurn()
    expect(onRoom).not.toHaveBeenCalled()
    await answer()
    expect(onRoom).toHaveBeenCalled()
    expect(writer.hasRoom).toBe(true)
  })
})

describe('a DurableWriter that has lost its stream', () => {
  it('says so once, whoever found it out, and takes no answer any more', async () => {
    const { writer, onLost, onDone, onCancel, onRoom } = writerOf()
    append(writer, 1)
    await nextTurn()
    writer.lose()
    writer.lose()
    await answer({ cancelled: true })
    expect([onLost, onDone].map((fn) => fn.mock.calls.length)).toEqual([1, 1])
    expect([onCancel, onRoom].map((fn) => fn.mock.calls.length)).toEqual([0, 0])
    expect(open).toHaveLength(0)
  })

  it('hears it from the store too', async () => {
    const { writer, onLost, onDone } = writerOf()
    append(writer, 1)
    await nextTurn()
    append(writer, 1)
    await answer('lost')
    expect([onLost, onDone].map((fn) => fn.mock.calls.length)).toEqual([1, 1])
    expect(batches).toHaveLength(1)
  })

  it('waits for no attempt that had been planned', async () => {
    const { writer } = writerOf()
    append(writer, 1)
    await nextTurn()
    await answer(AWAY)
    expect(clock.pending).toBe(1)
    writer.lose()
    expect(clock.pending).toBe(0)
  })

  it('may be ended from inside the news', async () => {
    const { writer, onLost } = writerOf()
    onLost.mockImplementation(() => writer.append(done(writer.lastSeq + 1)))
    append(writer, 1)
    await nextTurn()
    await answer('lost')
    expect(writer).toMatchObject({ ended: true, lastSeq: 2 })
    expect(batches).toHaveLength(1)
  })
})

describe('a DurableWriter whose store has lost records', () => {
  it('gives them again, as far as it has them', async () => {
    const { writer } = writerOf()
    append(writer, 10)
    await nextTurn()
    await answer()
    append(writer, 2)
    await nextTurn()
    await answer({ lastSeq: 4 })
    await clock.advance(50)
    expect(seqs(batches.at(-1))).toEqual([5, 6, 7, 8, 9, 10, 11, 12])
    expect(batches.at(-1)!.mayLeaveHole).toBe(false)
    await answer()
    expect(await hasSettled(writer.flushed())).toBe(true)
  })

  it('leaves a hole where they are not in memory any more, and says so', async () => {
    const { writer } = writerOf({ maxBytes: 100 })
    for (let round = 0; round < 5; round++) {
      append(writer, 4)
      writer.passed(writer.lastSeq)
      await nextTurn()
      await answer()
    }
    writer.rewind(3)
    await nextTurn()
    const [first] = batches.at(-1)!.records
    expect(first!.seq).toBeGreaterThan(4)
    expect(batches.at(-1)).toMatchObject({ mayLeaveHole: true, bytes: 200 })
    expect(lastSeqOf(batches.at(-1)!)).toBe(20)
  })

  it('goes back when it is told so between two batches, and never forward', async () => {
    const { writer } = writerOf()
    append(writer, 5)
    await nextTurn()
    await answer()
    writer.rewind(9)
    await nextTurn()
    expect(open).toHaveLength(0)
    writer.rewind(2)
    await nextTurn()
    expect(seqs(batches.at(-1))).toEqual([3, 4, 5])
  })

  it('does not ask without a pause, nor for ever, a store that takes nothing', async () => {
    const { writer, onLost } = writerOf()
    append(writer, 3)
    await nextTurn()
    for (let seconds = 0; seconds < 60 && !writer.isOver; seconds++) {
      if (open.length > 0) await answer({ lastSeq: 0 })
      await clock.advance(1000)
    }
    expect(onLost).toHaveBeenCalledTimes(1)
    expect(batches.length).toBeLessThan(40)
  })
})

describe('reading from a DurableWriter', () => {
  it('asks the store only for what is not in memory', async () => {
    const load = vi.fn(async (seq: number) => [update(seq)])
    const { writer } = writerOf({ maxBytes: 100, load })
    for (let round = 0; round < 10; round++) {
      append(writer, 4)
      writer.passed(writer.lastSeq)
      await nextTurn()
      await answer()
    }
    expect(writer.at(40)).toEqual(update(40))
    expect(writer.at(1)).toBeUndefined()
    expect(await writer.load(40)).toEqual([update(40)])
    expect(load).not.toHaveBeenCalled()
    expect(await writer.load(20)).toEqual([update(20)])
    expect(load).toHaveBeenCalledExactlyOnceWith(20)
  })

  it('goes on in memory where the store has nothing (any more)', async () => {
    const { writer } = writerOf({ maxBytes: 100 })
    for (let round = 0; round < 10; round++) {
      append(writer, 4)
      writer.passed(writer.lastSeq)
      await nextTurn()
      await answer()
    }
    const records = await writer.load(1)
    expect(records[0]!.seq).toBeGreaterThan(1)
    expect(records.at(-1)!.seq).toBe(40)
  })

  it('counts what is behind a position also where that is not in memory', async () => {
    const { writer } = writerOf({ maxBytes: 10_000_000 })
    const kilobyte = JSON.stringify('x'.repeat(998))
    for (let round = 0; round < 10; round++) {
      append(writer, 500, kilobyte)
      await nextTurn()
      await answer()
    }
    expect(writer.at(1)).toBeUndefined()
    expect(writer.bytesAfter(4990)).toBe(10_000)
    const behind = writer.bytesAfter(1000)
    expect(behind).toBeLessThanOrEqual(4_000_000)
    expect(behind).toBeGreaterThan(3_800_000)
  })

  it('drops what was read and is more than fits, and no more', async () => {
    const { writer } = writerOf({ maxBytes: 1000 })
    append(writer, 300)
    await nextTurn()
    await answer()
    expect(batches[0]!.firstSeq).toBe(1)
    expect(writer.hasRoom).toBe(false)
    writer.passed(250)
    writer.passed(100)
    expect(writer.hasRoom).toBe(true)
    append(writer, 1)
    await nextTurn()
    // 100 of ten bytes each fit, in steps of two.
    expect(batches[1]!.firstSeq).toBe(203)
    expect(batches[1]!.droppedBytes).toBe(2020)
    expect(writer.firstSeq).toBe(203)
  })

  it('keeps the newest also where an announcement has appended it, and it is large', async () => {
    const { writer } = writerOf({ maxBytes: 64 })
    writer.subscribe({
      onAppend: () => {
        if (writer.lastSeq === 1) append(writer, 1, JSON.stringify('x'.repeat(1000)))
      },
    })
    append(writer, 1)
    writer.passed(2)
    await nextTurn()
    expect([writer.firstSeq, writer.lastSeq]).toEqual([1, 2])
  })

  it('keeps its order when an announcement appends the next record', async () => {
    const { writer } = writerOf({ maxBytes: 64 })
    writer.subscribe({
      onAppend: () => {
        if (writer.lastSeq % 2 === 1) append(writer, 1)
      },
    })
    for (let round = 0; round < 20; round++) {
      append(writer, 1)
      writer.passed(writer.lastSeq)
      await nextTurn()
      await answer()
    }
    expect(writer.lastSeq).toBe(40)
    const { firstSeq, droppedBytes } = batches.at(-1)!
    expect(droppedBytes).toBe((firstSeq - 1) * 10)
  })
})

type Step =
  | { readonly do: 'append'; readonly count: number }
  | { readonly do: 'passed' }
  | {
      readonly do: 'answer'
      readonly how: 'well' | 'away' | 'stored but away' | 'partly' | 'behind'
    }
  | { readonly do: 'advance'; readonly ms: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 700 }) }),
  fc.constant({ do: 'passed' as const }),
  fc.record({
    do: fc.constant('answer' as const),
    how: fc.constantFrom(
      ...(['well', 'well', 'away', 'stored but away', 'partly', 'behind'] as const),
    ),
  }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 2000 }) }),
)

/** A store that takes what follows, knows what it has, and may lose its newest. */
class ModelStore {
  records: LogRecord[] = []
  dropped = 0

  get lastSeq(): number {
    return this.records.at(-1)?.seq ?? this.dropped
  }

  take(records: readonly LogRecord[], mayLeaveHole: boolean): void {
    for (const record of records) {
      if (record.seq <= this.lastSeq) continue
      if (record.seq !== this.lastSeq + 1 && !mayLeaveHole) return
      this.records.push(record)
    }
  }

  forget(count: number): void {
    this.records.splice(Math.max(0, this.records.length - count))
  }
}

describe('a DurableWriter beside a model', () => {
  it('loses nothing, repeats nothing and keeps the order, whatever the store answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (script) => {
        clock = createFakeClock()
        batches = []
        open = []
        const store = new ModelStore()
        const { writer, onLost, onDone } = writerOf({ outageFor: 10 ** 9 })
        const flushes: { readonly seq: number; settled: boolean }[] = []

        async function take(how: 'well' | 'away' | 'stored but away' | 'partly' | 'behind') {
          const { batch } = open[0]!
          expect(open).toHaveLength(1)
          expect(batch.records.length).toBeLessThanOrEqual(512)
          expect(batch.records.length).toBeGreaterThan(0)
          for (const [n, { seq }] of batch.records.entries()) {
            expect(seq).toBe(batch.records[0]!.seq + n)
          }
          expect(batch.bytes).toBe(lastSeqOf(batch) * 10)
          if (how === 'away') return answer(AWAY)
          if (how === 'behind') store.forget(5)
          const part = how === 'partly' ? Math.ceil(batch.records.length / 2) : batch.records.length
          store.take(batch.records.slice(0, part), batch.mayLeaveHole)
          if (how === 'stored but away') return answer(AWAY)
          return answer({ lastSeq: store.lastSeq })
        }

        for (const step of script) {
          if (step.do === 'append') {
            append(writer, step.count)
            const flush = { seq: writer.lastSeq, settled: false }
            flushes.push(flush)
            void Promise.resolve(writer.flushed()).then(() => {
              flush.settled = true
            })
          } else if (step.do === 'passed') writer.passed(writer.lastSeq)
          else if (step.do === 'advance') await clock.advance(step.ms)
          else if (open.length > 0) await take(step.how)
          await nextTurn()
        }
        const end = done(writer.lastSeq + 1)
        const lastSeq = end.seq
        // Without it the last bytes would not be ten.
        writer.append({ ...end, json: '"12345678"' })
        for (let round = 0; !writer.isOver && round < 1000; round++) {
          if (open.length > 0) await take('well')
          else await clock.advance(1000)
        }
        expect(store.records.map(({ seq }) => seq)).toEqual(
          Array.from({ length: lastSeq }, (_, n) => n + 1),
        )
        await nextTurn()
        expect(flushes.filter(({ settled }) => !settled)).toEqual([])
        expect([onLost, onDone].map((fn) => fn.mock.calls.length)).toEqual([0, 1])
        expect(clock.pending).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
