import { open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSeededRandom, type SeededRandom } from '../src/testing/seeded-random.ts'
import {
  appendAtRandom,
  assertHonest,
  assertRecovered,
  copyDirectory,
  type KnownStream,
  makeDirectory,
  openLog,
} from './level-kit.ts'
import { listenToWarnings } from './process-events.ts'

/** What was stored of each stream when LevelDB's log file had a certain length. */
interface Mark {
  readonly length: number
  readonly flushed: ReadonlyMap<string, number>
}

interface Crashed {
  readonly directory: string
  readonly file: string
  readonly length: number
  readonly marks: readonly Mark[]
  readonly streams: ReadonlyMap<string, KnownStream>
}

/** The log of a process that was killed. */
async function crash(random: SeededRandom): Promise<Crashed> {
  const directory = await makeDirectory()
  const log = await openLog(directory)
  const marks: Mark[] = [{ length: 0, flushed: new Map() }]
  const streams = await appendAtRandom(log, random, {
    steps: 80,
    onFlushed: async (known) => {
      const file = await newestLogFile(directory)
      const flushed = new Map(Array.from(known, ([id, stream]) => [id, stream.flushed]))
      marks.push({ length: (await stat(join(directory, file))).size, flushed })
    },
  })
  await log.kill()
  const file = await newestLogFile(directory)
  return { directory, file, length: (await stat(join(directory, file))).size, marks, streams }
}

async function newestLogFile(directory: string): Promise<string> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.log'))
  return files.sort().at(-1)!
}

/** Damages a copy of the log, opens it, and looks at all that must be there. */
async function damageAndOpen(
  crashed: Crashed,
  offset: number,
  damage: (path: string) => Promise<void>,
  look: (...args: Parameters<typeof assertRecovered>) => Promise<unknown> = assertRecovered,
): Promise<void> {
  const directory = await copyDirectory(crashed.directory)
  await damage(join(directory, crashed.file))
  const log = await openLog(directory)
  const { flushed } = crashed.marks.findLast(({ length }) => length <= offset)!
  for (const [id, { records }] of crashed.streams) {
    await look(log, id, { records, flushed: flushed.get(id) ?? 0 })
  }
  // It goes on, and the next opening finds what it found.
  const writer = await log.create('after', { principal: undefined })
  writer.append({ seq: 1, event: 'update', json: '1' })
  const before = await Promise.all([...crashed.streams.keys()].map((id) => lastSeqOf(log, id)))
  await log.close()
  const again = await openLog(directory)
  const after = await Promise.all([...crashed.streams.keys()].map((id) => lastSeqOf(again, id)))
  expect(after).toEqual(before)
  expect(await lastSeqOf(again, 'after')).toBe(2)
  await again.close()
}

async function lastSeqOf(log: Awaited<ReturnType<typeof openLog>>, id: string) {
  return (await log.open(id))?.lastSeq
}

/** Offsets all over the file, more of them near its end and near the borders of LevelDB's blocks. */
function offsetsIn(length: number, random: SeededRandom, count: number): number[] {
  const borders = Array.from({ length: Math.floor(length / 32_768) }, (_, n) => (n + 1) * 32_768)
  return Array.from({ length: count }, (_, n) => {
    const near = n % 3 === 0 ? length : n % 3 === 1 ? (random.pick([0, ...borders]) ?? 0) : 0
    const offset = near === 0 ? random.between(0, length) : near - random.between(-20, 200)
    return Math.min(Math.max(offset, 0), length)
  })
}

describe('a level log whose last file is damaged', () => {
  it('gives a prefix of each stream, and its end, wherever the file is cut off', async () => {
    const random = createSeededRandom(1)
    const crashed = await crash(random)
    for (const offset of offsetsIn(crashed.length, random, 40)) {
      await damageAndOpen(crashed, offset, (path) => truncate(path, offset))
    }
  }, 60_000)

  it('does so wherever garbage begins', async () => {
    const random = createSeededRandom(2)
    const crashed = await crash(random)
    for (const offset of offsetsIn(crashed.length, random, 40)) {
      await damageAndOpen(crashed, offset, (path) =>
        overwrite(path, offset, crashed.length - offset, random),
      )
    }
  }, 60_000)

  it('does so where some bytes in the middle are garbled, zeros or missing', async () => {
    const random = createSeededRandom(3)
    const crashed = await crash(random)
    for (const [n, offset] of offsetsIn(crashed.length, random, 40).entries()) {
      const count = random.between(1, 5000)
      const garble = async (path: string) => {
        if (n % 3 === 0) return overwrite(path, offset, count, random)
        const bytes = await readFile(path)
        if (n % 3 === 1) bytes.fill(0, offset, offset + count)
        const cut = [bytes.subarray(0, offset), bytes.subarray(offset + count)]
        await writeFile(path, n % 3 === 1 ? bytes : Buffer.concat(cut))
      }
      await damageAndOpen(crashed, offset, garble, assertHonest)
    }
  }, 60_000)
})

async function overwrite(path: string, offset: number, count: number, random: SeededRandom) {
  const file = await open(path, 'r+')
  const garbage = Uint8Array.from({ length: count }, () => random.between(0, 255))
  await file.write(garbage, 0, count, offset)
  await file.close()
}

describe('a level log of which a whole file is damaged', () => {
  const DAMAGES = {
    garbled: async (path: string) =>
      overwrite(path, 0, (await stat(path)).size, createSeededRandom(5)),
    empty: (path: string) => truncate(path, 0),
    missing: (path: string) => rm(path),
  }

  for (const [damage, run] of Object.entries(DAMAGES)) {
    it.each([
      ['CURRENT', true],
      ['MANIFEST', true],
      ['.ldb', false],
    ])(`is repaired, with a warning, when %s is ${damage}`, async (kind, losesNothing) => {
      const { directory, streams } = await crash(createSeededRandom(4))
      // Once more, so that what was in the log file is in a table now.
      await (await openLog(directory)).close()
      const warnings = listenToWarnings()
      for (const file of await readdir(directory)) {
        if (file.includes(kind)) await run(join(directory, file))
      }
      const log = await openLog(directory)
      expect(await warnings()).toEqual(['SYNAPSE_LOG'])
      for (const [id, { records, flushed }] of streams) {
        if (losesNothing) await assertRecovered(log, id, { records, flushed })
        else await assertHonest(log, id, { records })
      }
      const writer = await log.create('after', { principal: undefined })
      writer.append({ seq: 1, event: 'update', json: '1' })
      await log.close()
      expect(await lastSeqOf(await openLog(directory), 'after')).toBe(2)
    })
  }

  it('gives a gap instead of records that cannot be read', async () => {
    const random = createSeededRandom(7)
    const { directory, streams } = await crash(random)
    await (await openLog(directory)).close()
    const table = (await readdir(directory)).find((name) => name.endsWith('.ldb'))!
    const path = join(directory, table)
    const { size } = await stat(path)
    // Records come first in a table; what is known of streams is behind them.
    await overwrite(path, Math.floor(size / 4), Math.floor(size / 4), random)
    const log = await openLog(directory)
    let [all, kept] = [0, 0]
    for (const [id, { records }] of streams) {
      all += records.length
      kept += await assertHonest(log, id, { records })
    }
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(all)
  })
})
