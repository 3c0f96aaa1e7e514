import assert from 'node:assert/strict'
import type { ContractCheck } from '../../testing/contract-check.ts'
import type { LogRecord } from '../../wire/record.ts'
import type { LogReader } from '../log.ts'
import {
  appendEnd,
  appendSmall,
  assertRecords,
  type Check,
  create,
  openKnown,
  readFrom,
} from './kit.ts'

/** Clauses of `subscribe` and `readers`. */
export function subscribingChecks(check: Check): ContractCheck[] {
  return [
    check('announces each append once, from subscribe on, until it is left', async ({ log }) => {
      const writer = await create(log, 'calls')
      const reader = await openKnown(log, 'calls')
      appendSmall(writer, 3)
      const heard: number[] = []
      const unsubscribe = reader.subscribe({ onAppend: () => heard.push(reader.lastSeq) })
      appendSmall(writer, 2)
      await writer.flushed()
      appendSmall(writer, 2)
      assert.deepEqual(heard, [4, 5, 6, 7])
      unsubscribe()
      unsubscribe()
      appendEnd(writer)
      await writer.flushed()
      assert.deepEqual(heard, [4, 5, 6, 7])
    }),
    check('takes unsubscribing from inside, of oneself and of others', async ({ log }) => {
      const writer = await create(log, 'inside')
      const heard: string[] = []
      const first = writer.subscribe({
        onAppend: () => {
          heard.push('first')
          first()
          second()
        },
      })
      const second = writer.subscribe({ onAppend: () => heard.push('second') })
      writer.subscribe({ onAppend: () => heard.push('third') })
      appendSmall(writer, 2)
      assert.deepEqual(heard, ['first', 'third', 'third'])
    }),
    check('lets the end be appended from inside: all hear of it', async ({ log }) => {
      const writer = await create(log, 'end-inside')
      writer.subscribe({
        onAppend: () => {
          if (!writer.ended) appendEnd(writer)
        },
      })
      let sawEnd = false
      writer.subscribe({
        onAppend: () => {
          sawEnd = writer.ended
        },
      })
      appendSmall(writer, 1)
      assert.ok(sawEnd)
      await writer.flushed()
      assert.equal((await openKnown(log, 'end-inside')).lastSeq, 2)
    }),
    check('misses nothing and gives nothing twice, whenever one subscribes', async (bench) => {
      const { log, until } = bench
      for (const [n, where] of [log, await bench.elsewhere()].entries()) {
        const id = `from-${n}`
        const writer = await create(log, id)
        const records: LogRecord[] = []
        const followers: Follower[] = []
        for (let round = 0; round < 12; round++) {
          records.push(...appendSmall(writer, round % 4))
          // Some readers were opened before what they then miss, some after.
          const reader = await openKnown(where, id)
          records.push(...appendSmall(writer, round % 3))
          followers.push(follow(reader))
          records.push(...appendSmall(writer, round % 5))
          if (round % 3 === 0) await writer.flushed()
        }
        records.push(appendEnd(writer))
        for (const follower of followers) {
          await until('the end is announced', () => follower.reader.ended)
          assertRecords(await follower.read(), records)
          const { announced, subscribedAt } = follower
          assert.ok(isRising([subscribedAt, ...announced]), announced.join(' '))
          assert.equal(announced.at(-1), records.length)
        }
      }
    }),
    check('counts its subscribers', async ({ log, elsewhere, until }) => {
      await create(log, 'readers')
      const here = await openKnown(log, 'readers')
      const there = await openKnown(await elsewhere(), 'readers')
      const count = (expected: number) =>
        until(`${expected} readers`, async () => (await here.readers()) === expected)
      await count(0)
      const leave = [here, there, there].map((reader) => reader.subscribe({ onAppend: () => {} }))
      await count(3)
      leave[1]!()
      await count(2)
      for (const one of leave) one()
      await count(0)
    }),
  ]
}

interface Follower {
  readonly reader: LogReader
  readonly subscribedAt: number
  readonly announced: number[]
  /** All records, read as connections do: subscribed first, then from the position on. */
  read(): Promise<LogRecord[]>
}

/** Reads what there is whenever something is announced. */
function follow(reader: LogReader): Follower {
  const announced: number[] = []
  const records: LogRecord[] = []
  let reading = Promise.resolve()
  const readOn = () => {
    reading = reading.then(async () => {
      records.push(...(await readFrom(reader, records.length + 1)))
    })
  }
  reader.subscribe({
    onAppend: () => {
      announced.push(reader.lastSeq)
      readOn()
    },
  })
  const subscribedAt = reader.lastSeq
  readOn()
  return {
    reader,
    subscribedAt,
    announced,
    async read() {
      await reading
      return records
    },
  }
}

function isRising(numbers: readonly number[]): boolean {
  return numbers.every((number, n) => n === 0 || number > numbers[n - 1]!)
}
