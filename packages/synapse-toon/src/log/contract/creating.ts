import assert from 'node:assert/strict'
import type { ContractCheck } from '../../testing/contract-check.ts'
import type { StreamLog } from '../log.ts'
import { appendEnd, appendSmall, type Check, create, loadFrom, openKnown } from './kit.ts'

/** Ids that a key of a store could mix up with each other. */
const NEIGHBOURS = ['a', 'a0', 'a!', 'a!!', 'a:1', 'a{b}', 'A', 'ä', '*', '__proto__', 'a/../a']

/** Principals that a sloppy store could mix up with each other, or with nobody. */
const PRINCIPALS = [undefined, '', 'undefined', 'null', 'user-1', 'user 2', '東京', '{"a":1}', ' ']

/** Clauses of `StreamLog.create` and `StreamLog.open`. */
export function creatingChecks(check: Check): ContractCheck[] {
  return [
    check('says whether it is shared', async ({ log, kind }) => {
      assert.equal(log.shared, kind.shared)
    }),
    check('gives undefined for an id that it never knew', async ({ log }) => {
      await create(log, 'known')
      for (const id of ['never', '', 'know', 'known!', 'KNOWN']) {
        assert.equal(await log.open(id), undefined, id)
      }
    }),
    check('begins a stream without records', async ({ log }) => {
      const writer = await create(log, 'new')
      for (const reader of [writer, await openKnown(log, 'new')]) {
        const { streamId, firstSeq, lastSeq, ended, bytes } = reader
        assert.deepEqual(
          { streamId, firstSeq, lastSeq, ended, bytes },
          { streamId: 'new', firstSeq: 1, lastSeq: 0, ended: false, bytes: 0 },
        )
        assert.equal(reader.at(1), undefined)
        assert.deepEqual(await reader.load(1), [])
      }
      assert.equal(writer.hasRoom, true)
      assert.equal(writer.mayLag, false)
    }),
    check('rejects an id that it knows, running or ended', async ({ log, elsewhere }) => {
      const other = await elsewhere()
      const writer = await create(log, 'one')
      await rejectsAsKnown(log, 'one')
      await rejectsAsKnown(other, 'one')
      appendSmall(writer, 3)
      await rejectsAsKnown(log, 'one')
      appendEnd(writer)
      await rejectsAsKnown(log, 'one')
      await writer.flushed()
      await rejectsAsKnown(log, 'one')
      await rejectsAsKnown(other, 'one')
      assert.equal((await loadFrom(await openKnown(log, 'one'), 1)).length, 4)
    }),
    check('makes one of several who create an id at once its producer', async (bench) => {
      const logs = [bench.log, await bench.elsewhere()]
      for (let round = 0; round < 5; round++) {
        const callers = Array.from({ length: 8 }, (_, n) => n)
        const made = await Promise.allSettled(
          callers.map(async (n) => create(logs[n % 2]!, `at-once-${round}`)),
        )
        const failed = made.filter((one) => one.status === 'rejected')
        assert.equal(failed.length, callers.length - 1)
        for (const { reason } of failed) assert.equal(reason.code, 'ERR_SYNAPSE_STREAM_EXISTS')
      }
    }),
    check('remembers the principal, before and after the end', async ({ log, elsewhere }) => {
      const other = await elsewhere()
      for (const [n, principal] of PRINCIPALS.entries()) {
        const id = `of-${n}`
        const writer = await create(log, id, { principal })
        assert.equal(writer.principal, principal)
        assert.equal((await openKnown(log, id)).principal, principal)
        appendEnd(writer)
        await writer.flushed()
        assert.equal((await openKnown(log, id)).principal, principal)
        assert.equal((await openKnown(other, id)).principal, principal)
      }
    }),
    check('keeps streams apart whose ids are much alike', async ({ log, elsewhere }) => {
      const writers = await Promise.all(NEIGHBOURS.map((id) => create(log, id)))
      for (let seq = 1; seq <= 20; seq++) {
        for (const [n, writer] of writers.entries()) {
          writer.append({ seq, event: 'update', json: JSON.stringify(`${n}.${seq}`) })
        }
      }
      for (const writer of writers) appendEnd(writer)
      await Promise.all(writers.map(async (writer) => writer.flushed()))
      for (const place of [log, await elsewhere()]) {
        for (const [n, id] of NEIGHBOURS.entries()) {
          const records = await loadFrom(await openKnown(place, id), 1)
          assert.equal(records.length, 21, id)
          for (const { seq, json } of records.slice(0, -1)) assert.equal(json, `"${n}.${seq}"`)
        }
      }
    }),
    check(
      'bounds a stream by the bytes asked for where its own bound is higher',
      async ({ log }) => {
        assert.equal((await create(log, 'small', { maxBytes: 2000 })).maxBytes, 2000)
        const { maxBytes } = await create(log, 'default')
        assert.ok(maxBytes >= 65_536, `${maxBytes}`)
        const asked = await create(log, 'large', { maxBytes: maxBytes * 2 })
        assert.equal(asked.maxBytes, maxBytes)
      },
    ),
  ]
}

async function rejectsAsKnown(log: StreamLog, streamId: string): Promise<void> {
  await assert.rejects(async () => log.create(streamId, { principal: undefined }), {
    code: 'ERR_SYNAPSE_STREAM_EXISTS',
  })
}
