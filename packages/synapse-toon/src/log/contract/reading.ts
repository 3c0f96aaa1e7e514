import assert from 'node:assert/strict'
import type { ContractCheck } from '../../testing/contract-check.ts'
import type { LogRecord } from '../../wire/record.ts'
import type { LogReader, LogWriter } from '../log.ts'
import {
  appendEnd,
  assertRecords,
  type Bench,
  type Check,
  create,
  done,
  loadFrom,
  openKnown,
  readFrom,
  update,
} from './kit.ts'

/** Texts that a store could cut, escape, or take for its own separators. */
const TEXTS = [
  '',
  'é, ß, 東京, 🎈, e\u0301',
  'a\nb\r\nc\u0000d\u2028e\u2029f\tg',
  '\ud800 alone',
  '"quoted" \\ and {"json": [1]}',
  'x'.repeat(70_000),
  '東京'.repeat(40_000),
  '🎈'.repeat(300_000),
]

function mixed(count: number): LogRecord[] {
  const payload = (n: number) =>
    n % 97 === 50 ? { text: TEXTS[(n / 97) & 7] } : { delta: `${n} ` }
  return Array.from({ length: count }, (_, n) => update(n + 1, payload(n)))
}

/** Start positions worth a look: the first, the last, and some around each record of another size. */
function startsOf(records: readonly LogRecord[]): number[] {
  const large = records.filter(({ json }) => json.length > 50).flatMap(({ seq }) => [seq, seq + 1])
  const all = [0, 1, 2, 3, ...large, records.length - 1, records.length, records.length + 1]
  return [...new Set(all)]
}

/** Clauses of `LogReader`. */
export function readingChecks(check: Check): ContractCheck[] {
  return [
    check('gives every record from every position, as soon as it is appended', async ({ log }) => {
      const writer = await create(log, 'running')
      const records: LogRecord[] = []
      for (const record of mixed(300)) {
        records.push(record)
        writer.append(record)
        writer.passed(record.seq)
        if (record.seq % 60 !== 0) continue
        const reader = await openKnown(log, 'running')
        for (const start of [1, record.seq - 30, record.seq, record.seq + 1]) {
          assertRecords(await readFrom(reader, start), records.slice(start - 1))
          assertRecords(await loadFrom(reader, start), records.slice(start - 1))
        }
      }
    }),
    check(
      'gives every record from every position of an ended stream, everywhere',
      async (bench) => {
        const writer = await create(bench.log, 'ended')
        const records = mixed(800)
        for (const record of records) writer.append(record)
        records.push(appendEnd(writer))
        await writer.flushed()
        for await (const [where, reader] of places(bench, writer)) {
          const { firstSeq, lastSeq, ended, bytes } = reader
          assert.deepEqual(
            { where, firstSeq, lastSeq, ended, bytes },
            { where, firstSeq: 1, lastSeq: 801, ended: true, bytes: bytesOf(records) },
          )
          for (const start of startsOf(records)) {
            const expected = records.slice(Math.max(0, start - 1))
            assertRecords(await loadFrom(reader, start), expected)
            if (start > 0) assertRecords(await readFrom(reader, start), expected)
          }
        }
      },
    ),
    check('gives every record of a short stream from each of its positions', async (bench) => {
      const writer = await create(bench.log, 'short')
      const records = Array.from({ length: 40 }, (_, n) => update(n + 1, TEXTS[n % 5]))
      for (const record of records) {
        writer.append(record)
        await writer.flushed()
      }
      records.push(appendEnd(writer))
      await writer.flushed()
      for await (const [, reader] of places(bench, writer)) {
        for (let start = 1; start <= 42; start++) {
          assertRecords(await loadFrom(reader, start), records.slice(start - 1))
          assertRecords(await readFrom(reader, start), records.slice(start - 1))
        }
      }
    }),
    check('has the terminal record of an ended stream in memory', async (bench) => {
      const writer = await create(bench.log, 'terminal')
      for (const record of mixed(20)) writer.append(record)
      appendEnd(writer)
      assertRecords([writer.at(21)], [done(21)])
      await writer.flushed()
      for await (const [where, reader] of places(bench, writer)) {
        assert.equal(reader.lastSeq, 21, where)
        assertRecords([reader.at(21)], [done(21)])
        assert.equal(reader.at(22), undefined, where)
        assert.deepEqual(await reader.load(22), [], where)
      }
    }),
    check('counts the bytes behind a position, or fewer', async (bench) => {
      const writer = await create(bench.log, 'bytes-after')
      const records = mixed(100)
      for (const record of records) writer.append(record)
      records.push(appendEnd(writer))
      const look = (reader: LogReader, where: string) => {
        for (let seq = 0; seq <= 102; seq++) {
          const behind = bytesOf(records.slice(seq))
          assert.ok(reader.bytesAfter(seq) <= behind, `${where}: position ${seq}`)
        }
        assert.equal(reader.bytesAfter(101), 0)
      }
      look(writer, 'not stored yet')
      assert.equal(writer.bytesAfter(99), bytesOf(records.slice(99)), 'exactly, where in memory')
      await writer.flushed()
      for await (const [where, reader] of places(bench, writer)) look(reader, where)
    }),
  ]
}

/** An ended stream that is stored, as it is seen from each place there is for this kind of log. */
async function* places(
  { log, kind, elsewhere, reopen }: Bench,
  writer: LogWriter,
): AsyncGenerator<[where: string, reader: LogReader]> {
  const { streamId } = writer
  yield ['at the producer', writer]
  yield ['in its process', await openKnown(log, streamId)]
  if (kind.shared) yield ['in another process', await openKnown(await elsewhere(), streamId)]
  if (!kind.durable) return
  await log.close()
  yield ['after a restart', await openKnown(await reopen(), streamId)]
}

function bytesOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0)
}
