import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSynapseToon } from 'synapse-toon'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundleClient } from './client-bundle.ts'
import { listen } from './test-server.ts'

const MIB = 1024 * 1024
const TOTAL = 300 * MIB
const TEXT = 'x'.repeat(32 * 1024)

/** Runs the reading program in a process of its own, whose memory is nobody else's. */
async function runReader(url: string) {
  const folder = await mkdtemp(join(tmpdir(), 'synapse-client-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const program = join(folder, 'reader.mjs')
  await writeFile(program, await bundleClient(new URL('./client-memory-child.ts', import.meta.url)))
  const child = spawn(process.execPath, ['--expose-gc', program, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  expect(code).toBe(0)
  return JSON.parse(output) as {
    events: number
    bytes: number
    reason: string
    /** Rests of the reader, and after how many of them an event was there already. */
    rests: number
    awaited: number
    grown: number
  }
}

describe('a slow consumer of 300 MB', () => {
  it('costs less than 20 MB above an idle process, however long it reads', async () => {
    async function* source() {
      for (let sent = 0; sent < TOTAL; sent += TEXT.length) yield { delta: TEXT }
    }
    const toon = createSynapseToon({
      deadlines: { total: 0, idle: 0, stall: 0 },
      compression: false,
    })
    const { url } = await listen((req, res) => toon.pipe(() => source(), { req, res }))
    const { events, bytes, reason, rests, awaited, grown } = await runReader(url)
    expect(reason).toBe('complete')
    expect(events).toBe(Math.ceil(TOTAL / TEXT.length))
    expect(bytes).toBeGreaterThan(TOTAL)
    // The reader is the slower one: what it reads next is nearly always there.
    expect(rests).toBe(Math.floor(events / 16))
    expect(awaited).toBeGreaterThan(0.8 * rests)
    console.info(
      `read ${(bytes / MIB).toFixed(0)} MiB, grown by ${(grown / MIB).toFixed(1)} MiB, ${awaited} of ${rests} rests left an event waiting`,
    )
    expect(grown).toBeLessThan(20 * MIB)
  }, 180_000)
})
