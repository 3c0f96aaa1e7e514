import assert from 'node:assert/strict'
import type { ContractCheck } from '../../testing/contract-check.ts'
import type { LogRecord } from '../../wire/record.ts'
import {
  appendEnd,
  appendSmall,
  assertProducerLost,
  assertRecords,
  type Bench,
  type Check,
  create,
  loadFrom,
  openKnown,
  produce,
  readFrom,
} from './kit.ts'

/** Short, since a real store waits it out. */
const KEEP_FOR_MS = 1000

/** Clauses of expiry: they hold for every log. */
export function expiryChecks(check: Check): ContractCheck[] {
  return [
    check(
      'forgets a stream some time after its end, and never one that runs',
      async ({ log, store, elsewhere, until }) => {
        const other = await elsewhere()
        const running = await create(log, 'running')
        const ended = await create(log, 'ended')
        appendSmall(running, 3)
        appendSmall(ended, 3)
        const end = appendEnd(ended)
        await Promise.all([running.flushed(), ended.flushed()])
        const reader = await openKnown(log, 'ended')
        for (const place of [log, other]) {
          await until('forgotten', async () => (await place.open('ended')) === undefined)
        }
        // Who has it open still learns of the end.
        assertRecords([reader.at(4)], [end])
        await create(log, 'ended')
        await store.pass(KEEP_FOR_MS * 2)
        appendSmall(running, 1)
        await running.flushed()
        for (const place of [log, other]) {
          assert.equal((await readFrom(await openKnown(place, 'running'), 1)).length, 4)
        }
      },
      KEEP_FOR_MS,
    ),
  ]
}

/** Clauses of what outlives a process. */
export function durableChecks(check: Check): ContractCheck[] {
  return [
    check('keeps ended streams over a restart, with their principals', async (bench) => {
      const { log, reopen } = bench
      const kept: LogRecord[][] = []
      for (let n = 0; n < 10; n++) {
        const writer = await create(log, `s${n}`, { principal: n === 0 ? undefined : `user-${n}` })
        kept.push([...appendSmall(writer, n * 7), appendEnd(writer)])
      }
      await log.close()
      const again = await reopen()
      for (const [n, records] of kept.entries()) {
        const reader = await openKnown(again, `s${n}`)
        assert.equal(reader.principal, n === 0 ? undefined : `user-${n}`)
        assertRecords(await loadFrom(reader, 1), records)
        await assert.rejects(async () => again.create(`s${n}`, { principal: undefined }), {
          code: 'ERR_SYNAPSE_STREAM_EXISTS',
        })
      }
    }),
    check('stores on close what was appended, and ends what still ran', async (bench) => {
      const writers = await Promise.all([1, 2, 3].map((n) => create(bench.log, `s${n}`)))
      const appended = writers.map((writer) => appendSmall(writer, 700))
      await bench.log.close()
      await allLost(bench, appended, appended)
    }),
    check('keeps what was flushed by a process that is killed, and ends it', async (bench) => {
      const { log, store } = bench
      const writers = await Promise.all([1, 2, 3].map((n) => create(log, `s${n}`)))
      const flushed = writers.map((writer, n) => appendSmall(writer, n * 300))
      await Promise.all(writers.map(async (writer) => writer.flushed()))
      const appended = flushed.map((records, n) => [...records, ...appendSmall(writers[n]!, 50)])
      await store.lose!(log)
      await allLost(bench, flushed, appended)
    }),
    check('ends a stream of which nothing was stored but its creation', async (bench) => {
      await create(bench.log, 's1', { principal: 'user-1' })
      await bench.store.lose!(bench.log)
      await allLost(bench, [[]], [[]])
    }),
    check('keeps the end of a lost stream over the next restart', async (bench) => {
      const writer = await create(bench.log, 's1', { principal: 'user-1' })
      const appended = [appendSmall(writer, 5)]
      await writer.flushed()
      await bench.store.lose!(bench.log)
      for (let restart = 0; restart < 3; restart++) {
        const again = await bench.reopen()
        const reader = await openKnown(again, 's1')
        assert.equal(reader.principal, 'user-1')
        await assertProducerLost(reader, appended[0]!, 5)
        await again.close()
      }
    }),
    check('remembers a claim over a restart', async ({ log, reopen }) => {
      assert.equal(await log.claim('key', 'a', 600_000), 'a')
      await log.close()
      assert.equal(await (await reopen()).claim('key', 'b', 600_000), 'a')
    }),
  ]
}

/** Reopens, and looks at streams `s1`, `s2` and so on, whose producers are gone. */
async function allLost(
  { reopen, until }: Bench,
  flushed: readonly (readonly LogRecord[])[],
  appended: readonly (readonly LogRecord[])[],
): Promise<void> {
  const again = await reopen()
  for (const [n, records] of appended.entries()) {
    const reader = await openKnown(again, `s${n + 1}`)
    const unsubscribe = reader.subscribe({ onAppend: () => {} })
    await until('the producer is found lost', () => reader.ended)
    unsubscribe()
    await assertProducerLost(reader, records, flushed[n]!.length)
    await assertProducerLost(await openKnown(again, `s${n + 1}`), records, flushed[n]!.length)
  }
}

/** Clauses of what other processes see of one that is gone, or seems to be. */
export function sharedChecks(check: Check): ContractCheck[] {
  return [
    check('tells readers elsewhere of a producer that was killed', async (bench) => {
      const { log, store, until } = bench
      const writer = await create(log, 'killed')
      const records = appendSmall(writer, 20)
      await writer.flushed()
      const other = await bench.elsewhere()
      const reader = await openKnown(other, 'killed')
      let seen = 0
      reader.subscribe({
        onAppend: () => {
          seen = reader.lastSeq
        },
      })
      await store.lose!(log)
      await until('its end is announced', () => reader.ended && seen === 21)
      await assertProducerLost(reader, records, 20)
      await assertProducerLost(await openKnown(other, 'killed'), records, 20)
      await assert.rejects(async () => other.create('killed', { principal: undefined }), {
        code: 'ERR_SYNAPSE_STREAM_EXISTS',
      })
    }),
    check('ends what is cancelled when its producer is gone', async (bench) => {
      const writer = await create(bench.log, 'gone')
      const records = appendSmall(writer, 2)
      await writer.flushed()
      await bench.store.lose!(bench.log)
      const other = await bench.elsewhere()
      const reader = await openKnown(other, 'gone')
      reader.subscribe({ onAppend: () => {} })
      await other.cancel('gone')
      await bench.until('it has ended', () => reader.ended)
      await assertProducerLost(reader, records, 2)
    }),
    check(
      'fences a producer that was taken for lost: it is told, and adds nothing',
      async (bench) => {
        const { log, store, until } = bench
        const { writer, told } = await produce(log, 'fenced')
        const records = appendSmall(writer, 3)
        await writer.flushed()
        const thaw = await store.freeze!(log)
        const other = await bench.elsewhere()
        const reader = await openKnown(other, 'fenced')
        const unsubscribe = reader.subscribe({ onAppend: () => {} })
        await until('it is taken for lost', () => reader.ended)
        appendSmall(writer, 2)
        await thaw()
        appendSmall(writer, 2)
        await until('onLost', () => told.lost > 0)
        await writer.flushed()
        appendEnd(writer)
        await writer.flushed()
        unsubscribe()
        assert.equal(told.lost, 1)
        assert.equal(reader.lastSeq, 4)
        for (const place of [other, log]) {
          await assertProducerLost(await openKnown(place, 'fenced'), records, 3)
        }
      },
    ),
    check('lets a producer go on that was away and not missed', async (bench) => {
      const { log, store } = bench
      const { writer, told } = await produce(log, 'paused')
      const records = appendSmall(writer, 3)
      await writer.flushed()
      const thaw = await store.freeze!(log)
      records.push(...appendSmall(writer, 3))
      await thaw()
      records.push(...appendSmall(writer, 3), appendEnd(writer))
      await writer.flushed()
      assert.equal(told.lost, 0)
      assertRecords(await loadFrom(await openKnown(await bench.elsewhere(), 'paused'), 1), records)
    }),
  ]
}
