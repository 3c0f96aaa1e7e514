import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { StreamLog } from '../src/log/log.ts'
import { createSeededRandom } from '../src/testing/seeded-random.ts'
import type { LogRecord } from '../src/wire/record.ts'
import {
  appendAtRandom,
  assertRecovered,
  type KnownStream,
  makeDirectory,
  openLog,
} from './level-kit.ts'

/** The built package: a process of its own cannot run TypeScript on every Node we support. */
const LEVEL = new URL('../dist/level.js', import.meta.url).href

const CHILD = fileURLToPath(new URL('level-child.mjs', import.meta.url))

/** What a killed process had said of a stream. */
interface Said {
  flushed: number
  ended: boolean
}

/** Lets a process write, and kills it after so many lines. @returns what it had said by then */
async function writeAndKill(directory: string, run: string, lines: number) {
  const child = spawn(process.execPath, [CHILD, directory, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const said = new Map<string, Said>()
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, streamId, records] = line.split(' ') as [string, string, string]
    said.set(streamId, { flushed: Number(records), ended: what === 'ended' })
    // It writes on until the signal arrives, and what it says until then counts too.
    if (++count === lines) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return said
}

/** What the process writes at a position. */
function recordAt(streamId: string, seq: number): LogRecord {
  const json = JSON.stringify(`${streamId} ${seq} ${'é'.repeat((seq * 31) % 90)}`)
  return { seq, event: 'update', json }
}

/** What the process has appended, as far as it may be stored; it may not have said that it ended. */
async function recordsOf(log: StreamLog, streamId: string): Promise<LogRecord[]> {
  const reader = await log.open(streamId)
  const isDone = reader?.at(reader.lastSeq)?.event === 'done'
  const count = isDone ? reader.lastSeq - 1 : 2000
  const updates = Array.from({ length: count }, (_, n) => recordAt(streamId, n + 1))
  const end = { seq: count + 1, event: 'done', json: '{"reason":"complete"}' } as const
  return isDone ? [...updates, end] : updates
}

describe('a level log whose process is killed', () => {
  it('has every record that was flushed, in order, and an end of each stream', async () => {
    const random = createSeededRandom(1)
    const directory = await makeDirectory()
    const all = new Map<string, Said>()
    for (let run = 0; run < 6; run++) {
      const said = await writeAndKill(directory, `run-${run}`, random.between(1, 150))
      for (const [streamId, what] of said) all.set(streamId, what)
      const log = await openLog(directory, { wallClock: Date.now })
      for (const [streamId, what] of all) {
        const records = await recordsOf(log, streamId)
        await assertRecovered(log, streamId, { records, flushed: what.flushed })
        const end = (await log.open(streamId))!
        if (what.ended) expect(end.at(what.flushed)?.event).toBe('done')
      }
      await log.close()
    }
    expect([...all.values()].filter(({ ended }) => ended).length).toBeGreaterThan(5)
    expect([...all.values()].filter(({ ended }) => !ended).length).toBeGreaterThan(5)
  }, 60_000)
})

describe('a level log that was never closed', () => {
  it('keeps no process alive', async () => {
    const program = `
      import { createLevelLog } from ${JSON.stringify(LEVEL)}
      const log = await createLevelLog({ directory: process.argv[1] })
      const running = await log.create('running', { principal: undefined })
      running.append({ seq: 1, event: 'update', json: '1' })
      const ended = await log.create('ended', { principal: undefined })
      ended.append({ seq: 1, event: 'done', json: '{}' })
      await log.claim('key', 'value', 60000)
      await ended.flushed()
      ;(await log.open('ended')).subscribe(() => {})
    `
    const args = ['--input-type=module', '-e', program, await makeDirectory()]
    const child = spawn(process.execPath, args, { stdio: 'inherit', timeout: 10_000 })
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

describe('a level log whose process is gone in the middle of anything', () => {
  it('has every record that was flushed, 120 times over', async () => {
    const directory = await makeDirectory()
    const random = createSeededRandom(2)
    let known = new Map<string, KnownStream>()
    let unsure = 0
    for (let life = 0; life < 120; life++) {
      const log = await openLog(directory)
      for (const [id, stream] of known) await assertRecovered(log, id, stream)
      const steps = random.between(1, 30)
      const begun = await appendAtRandom(log, random, { steps, prefix: `${life}` })
      await log.kill()
      for (const { records, flushed } of begun.values()) unsure += records.length - flushed
      // Those of the life before are looked at once more.
      const before = [...known].filter(([id]) => id.startsWith(`${life - 1}-`))
      known = new Map([...before, ...begun])
    }
    expect(unsure).toBeGreaterThan(1000)
  }, 60_000)
})
