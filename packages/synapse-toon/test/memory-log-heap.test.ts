import { describe, expect, it } from 'vitest'
import type { LogWriter } from '../src/log/log.ts'
import { createMemoryLog } from '../src/log/memory.ts'
import { collect } from './garbage-kit.ts'

const COUNT = 100_000
const JSON_BYTES = 120

/** In a process of its own: what other tests leave behind, and is collected, would count here. */
function memory(): { heap: number; outside: number } {
  // Twice: buffers that one has found are counted until a thread has freed them; the next waits for it.
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heap: heapUsed, outside: arrayBuffers }
}

/** Appends records whose texts nobody else holds, each passed on before the next. */
function write(log: LogWriter, count: number): void {
  for (let n = 0; n < count; n++) {
    const seq = log.lastSeq + 1
    log.append({ seq, event: 'update', json: JSON.stringify(`${seq}`.padEnd(JSON_BYTES - 2, '.')) })
    log.passed(seq)
  }
}

function grownBy(log: LogWriter): { heap: number; outside: number } {
  write(log, 1000)
  const before = memory()
  write(log, COUNT)
  const after = memory()
  // Else it would be gone before it is counted.
  expect(log.at(log.lastSeq)?.json).toHaveLength(JSON_BYTES)
  return { heap: after.heap - before.heap, outside: after.outside - before.outside }
}

const writer = (maxBytes: number) =>
  createMemoryLog({ maxBytes }).create('5f0c7a52-91d3-8e14-b0a6', {
    principal: undefined,
  }) as LogWriter

describe('the memory of the memory log', () => {
  it('holds what was passed on outside the heap, where no collector copies it', () => {
    const { heap, outside } = grownBy(writer(2 * COUNT * JSON_BYTES))
    // A number for each record, and for each part of 16 KiB an object.
    expect(heap / COUNT).toBeLessThan(20)
    expect(outside / COUNT).toBeGreaterThan(JSON_BYTES)
    expect(outside / COUNT).toBeLessThan(JSON_BYTES * 1.05)
  })

  it('lets go of what does not fit, however long the stream', () => {
    const maxBytes = 1024 * 1024
    const { heap, outside } = grownBy(writer(maxBytes))
    expect(heap).toBeLessThan(maxBytes)
    // Of twelve times as much. Parts of 16 KiB are let go of as a whole.
    expect(outside).toBeLessThan(maxBytes + 32_768)
  })
})
