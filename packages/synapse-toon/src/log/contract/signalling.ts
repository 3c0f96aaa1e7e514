import assert from 'node:assert/strict'
import type { ContractCheck } from '../../testing/contract-check.ts'
import { appendEnd, appendSmall, type Check, openKnown, produce, readFrom } from './kit.ts'

const CLAIM_MS = 1000

/** Longer than any check takes. */
const LONG_MS = 600_000

/** Clauses of `cancel` and `claim`. */
export function signallingChecks(check: Check): ContractCheck[] {
  return [
    check('lets a cancel reach the producer, from anywhere', async ({ log, elsewhere, until }) => {
      const other = await elsewhere()
      for (const [n, from] of [log, other].entries()) {
        const quiet = await produce(log, `quiet-${n}`)
        const busy = await produce(log, `busy-${n}`)
        appendSmall(busy.writer, 5)
        await busy.writer.flushed()
        await from.cancel(`quiet-${n}`)
        await from.cancel(`busy-${n}`)
        for (const { told, writer } of [quiet, busy]) {
          await until('onCancel', () => told.cancel > 0)
          appendEnd(writer)
          await writer.flushed()
          assert.equal(told.lost, 0)
        }
        assert.equal((await readFrom(await openKnown(from, `busy-${n}`), 1)).length, 6)
      }
    }),
    check('cancels no other stream', async ({ log, elsewhere, until }) => {
      const [one, other] = [await produce(log, 'one'), await produce(log, 'other')]
      await (await elsewhere()).cancel('one')
      await until('onCancel', () => one.told.cancel > 0)
      appendSmall(other.writer, 3)
      await other.writer.flushed()
      assert.equal(other.told.cancel, 0)
    }),
    check('does nothing on a cancel of what has ended or is unknown', async (bench) => {
      const { log } = bench
      const { writer, told } = await produce(log, 'over')
      appendSmall(writer, 2)
      appendEnd(writer)
      await writer.flushed()
      for (const place of [log, await bench.elsewhere()]) {
        await place.cancel('over')
        await place.cancel('unknown')
        assert.equal(await place.open('unknown'), undefined)
      }
      assert.equal(told.cancel, 0)
      assert.equal((await readFrom(await openKnown(log, 'over'), 1)).length, 3)
    }),
    check('gives everybody the first value of a claim', async ({ log, elsewhere }) => {
      const other = await elsewhere()
      assert.equal(await log.claim('key', 'a', LONG_MS), 'a')
      assert.equal(await log.claim('key', 'b', LONG_MS), 'a')
      assert.equal(await other.claim('key', 'c', LONG_MS), 'a')
      for (const name of ['KEY', 'key!', 'ke', 'key ', '__proto__', '東京']) {
        assert.equal(await other.claim(name, `of ${name}`, LONG_MS), `of ${name}`)
        assert.equal(await log.claim(name, 'late', LONG_MS), `of ${name}`)
      }
    }),
    check('has one winner of a claim that many make at once', async ({ log, elsewhere }) => {
      const places = [log, await elsewhere()]
      for (let round = 0; round < 5; round++) {
        const values = await Promise.all(
          Array.from({ length: 20 }, async (_, n) =>
            places[n % 2]!.claim(`race-${round}`, `value-${n}`, LONG_MS),
          ),
        )
        assert.equal(new Set(values).size, 1, values.join(' '))
        assert.match(values[0]!, /^value-\d+$/)
      }
    }),
    check('lets a claim go after its time, counted from the first', async ({ log, until }) => {
      assert.equal(await log.claim('short', 'a', CLAIM_MS), 'a')
      assert.equal(await log.claim('long', 'a', LONG_MS), 'a')
      await until('the claim is free', async () => {
        return (await log.claim('short', 'b', CLAIM_MS)) === 'b'
      })
      assert.equal(await log.claim('long', 'b', LONG_MS), 'a')
    }),
  ]
}
