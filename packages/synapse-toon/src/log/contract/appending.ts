import assert from 'node:assert/strict'
import type { ContractCheck } from '../../testing/contract-check.ts'
import type { LogRecord } from '../../wire/record.ts'
import {
  appendEnd,
  appendSmall,
  assertRecords,
  type Check,
  create,
  done,
  loadFrom,
  openKnown,
  produce,
  readFrom,
  update,
} from './kit.ts'

const MAX_BYTES = 4000

/** 100 bytes of JSON. */
const hundred = (seq: number): LogRecord => update(seq, 'x'.repeat(98))

/** Clauses of `LogWriter`. */
export function appendingChecks(check: Check, shared: boolean): ContractCheck[] {
  return [
    check('gives the UTF-8 bytes of what was appended, and their sum', async ({ log }) => {
      const writer = await create(log, 'bytes')
      assert.equal(writer.append({ seq: 1, event: 'update', json: '"é"' }), 4)
      assert.equal(writer.append({ seq: 2, event: 'update', json: '"🎈"' }), 6)
      assert.equal(writer.append({ seq: 3, event: 'update', json: '0' }), 1)
      assert.equal(writer.bytes, 11)
      assert.equal(writer.lastSeq, 3)
      await writer.flushed()
      assert.equal((await openKnown(log, 'bytes')).bytes, 11)
    }),
    check('ignores a position that it has, and tells nobody', async ({ log }) => {
      const writer = await create(log, 'twice')
      const records = appendSmall(writer, 3)
      await writer.flushed()
      records.push(...appendSmall(writer, 2))
      let told = 0
      writer.subscribe({ onAppend: () => told++ })
      for (let seq = 1; seq <= 5; seq++) assert.equal(writer.append(update(seq, 'other')), 0)
      records.push(appendEnd(writer))
      assert.equal(writer.append(done(6)), 0)
      assert.equal(writer.append(update(2, 'other')), 0)
      assert.equal(told, 1)
      await writer.flushed()
      assertRecords(await loadFrom(await openKnown(log, 'twice'), 1), records)
    }),
    check('throws on a hole, and is as before', async ({ log }) => {
      const writer = await create(log, 'hole')
      assert.throws(() => writer.append(update(2)))
      const records = appendSmall(writer, 2)
      for (const seq of [4, 5, 100]) assert.throws(() => writer.append(update(seq)))
      assert.equal(writer.lastSeq, 2)
      records.push(...appendSmall(writer, 1))
      await writer.flushed()
      assertRecords(await readFrom(await openKnown(log, 'hole'), 1), records)
    }),
    check('throws after a terminal record', async ({ log }) => {
      for (const event of ['done', 'error'] as const) {
        const writer = await create(log, event)
        appendSmall(writer, 1)
        writer.append({ seq: 2, event, json: '{}' })
        assert.equal(writer.ended, true)
        assert.throws(() => writer.append(update(3)))
        await writer.flushed()
        assert.throws(() => writer.append(done(3)))
        const reader = await openKnown(log, event)
        assert.equal(reader.lastSeq, 2)
        assert.equal(reader.at(2)?.event, event)
      }
    }),
    check('announces a record before append returns, when it can be read', async ({ log }) => {
      const writer = await create(log, 'at-once')
      const reader = await openKnown(log, 'at-once')
      const heard: number[] = []
      reader.subscribe({ onAppend: () => heard.push(reader.lastSeq) })
      for (let seq = 1; seq <= 3; seq++) {
        writer.append(update(seq))
        assert.deepEqual(
          heard,
          Array.from({ length: seq }, (_, n) => n + 1),
        )
        assertRecords(await readFrom(reader, seq), [update(seq)])
      }
    }),
    check(
      'has everything stored, or given up, once flushed settles',
      async ({ log, elsewhere }) => {
        const writer = await create(log, 'flushed')
        await writer.flushed()
        const records = appendSmall(writer, 2000)
        await writer.flushed()
        const other = await elsewhere()
        assertRecords(await loadFrom(await openKnown(other, 'flushed'), 1), records)
        records.push(...appendSmall(writer, 10), appendEnd(writer))
        await Promise.all([writer.flushed(), writer.flushed()])
        assertRecords(await loadFrom(await openKnown(other, 'flushed'), 1), records)
        await writer.flushed()
      },
    ),
    check('has room again, and says so, once what was appended is read', async ({ log, until }) => {
      const { writer, told } = await produce(log, 'room', { maxBytes: MAX_BYTES })
      let appended = 0
      for (; writer.hasRoom && appended < 20_000; appended++) writer.append(hundred(appended + 1))
      if (!shared) {
        assert.ok(appended * 100 >= MAX_BYTES, 'takes as much as fits')
        assert.ok(appended * 100 <= MAX_BYTES * 2, 'and not much more')
      }
      const before = told.room
      writer.passed(writer.lastSeq)
      // Who says that something was read looks again by himself.
      await until('room', () => writer.hasRoom || told.room > before)
      await until('room', () => writer.hasRoom)
    }),
    check('gives a contiguous end of the stream where it drops the oldest', async (bench) => {
      const writer = await create(bench.log, 'trimmed', { maxBytes: MAX_BYTES })
      const records: LogRecord[] = []
      for (let seq = 1; seq <= 400; seq++) {
        records.push(hundred(seq))
        writer.append(hundred(seq))
        writer.passed(seq)
        if (seq % 50 === 0) await writer.flushed()
      }
      records.push(appendEnd(writer))
      await writer.flushed()
      for (const log of [bench.log, await bench.elsewhere()]) {
        const reader = await openKnown(log, 'trimmed')
        const { firstSeq, lastSeq, bytes } = reader
        assert.equal(lastSeq, 401)
        assert.equal(bytes, 40_000 + records.at(-1)!.json.length, 'counts what was dropped')
        assertRecords(await loadFrom(reader, firstSeq), records.slice(firstSeq - 1))
        assertRecords(await loadFrom(reader, 1), records.slice(firstSeq - 1))
        assert.ok(firstSeq <= lastSeq, 'the newest is never dropped')
      }
    }),
    check('keeps the newest record, however large it is', async ({ log, elsewhere }) => {
      const writer = await create(log, 'large', { maxBytes: MAX_BYTES })
      const large = update(2, 'x'.repeat(MAX_BYTES * 3))
      for (const record of [hundred(1), large]) {
        writer.append(record)
        writer.passed(record.seq)
        await writer.flushed()
      }
      const end = appendEnd(writer)
      await writer.flushed()
      for (const place of [log, await elsewhere()]) {
        const reader = await openKnown(place, 'large')
        assertRecords(await readFrom(reader, 3), [end])
      }
    }),
    ...(shared ? [] : [neverDropsUnread(check)]),
  ]
}

/** Only a log that is not shared knows all readers. */
function neverDropsUnread(check: Check): ContractCheck {
  return check('never drops a record that nobody has read', async ({ log }) => {
    const writer = await create(log, 'unread', { maxBytes: MAX_BYTES })
    const records: LogRecord[] = []
    const append = async (count: number) => {
      for (let n = 0; n < count; n++) {
        records.push(hundred(records.length + 1))
        writer.append(records.at(-1)!)
      }
      await writer.flushed()
    }
    await append(100)
    assert.equal(writer.firstSeq, 1)
    assertRecords(await loadFrom(writer, 1), records)
    writer.passed(30)
    // A reader that is behind another takes nothing back.
    writer.passed(10)
    await append(50)
    assert.ok(writer.firstSeq <= 31, `${writer.firstSeq}`)
    assertRecords(await readFrom(writer, 31), records.slice(30))
  })
}
