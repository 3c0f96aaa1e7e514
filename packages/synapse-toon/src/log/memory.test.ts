import { beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import type { Clock } from '../time/clock.ts'
import type { LogWriter, StreamLog } from './log.ts'
import { createMemoryLog, type MemoryLogOptions, StreamExistsError } from './memory.ts'

/** Ten bytes. */
const JSON_TEXT = '"12345678"'

let clock: FakeClock

beforeEach(() => {
  clock = createFakeClock()
})

const create = (log: StreamLog, streamId: string, principal?: string) =>
  log.create(streamId, { principal }) as LogWriter

/** Fills a stream with so many bytes of payloads, and ends it with ten bytes more. */
function fill(writer: LogWriter, bytes = 0): void {
  for (; bytes > 0; bytes -= 10) {
    writer.append({ seq: writer.lastSeq + 1, event: 'update', json: JSON_TEXT })
  }
}
function end(writer: LogWriter, bytes = 0): void {
  fill(writer, bytes)
  writer.append({ seq: writer.lastSeq + 1, event: 'done', json: JSON_TEXT })
}

const memoryLog = (options: MemoryLogOptions = {}) => createMemoryLog({ clock, ...options })

describe('createMemoryLog', () => {
  it('opens what it has created, running or ended, with its principal', () => {
    const log = memoryLog()
    const writer = create(log, 'a', 'user-1')
    expect(log.open('a')).toBe(writer)
    expect(writer).toMatchObject({ streamId: 'a', principal: 'user-1', ended: false })
    end(writer, 20)
    expect(log.open('a')).toMatchObject({ principal: 'user-1', ended: true, lastSeq: 3 })
    expect(create(log, 'b').principal).toBeUndefined()
  })

  it('knows nothing of other ids', () => {
    expect(memoryLog().open('never')).toBeUndefined()
  })

  it('rejects an id that it knows, running or ended', () => {
    const log = memoryLog()
    const writer = create(log, 'a')
    expect(() => create(log, 'a')).toThrow(StreamExistsError)
    end(writer)
    expect(() => create(log, 'a')).toThrow(
      expect.objectContaining({ code: 'ERR_SYNAPSE_STREAM_EXISTS' }),
    )
  })

  it('bounds a stream by its own bytes, or by those asked for where they are less', () => {
    const log = memoryLog({ maxBytes: 1000 })
    const asked = (maxBytes?: number) =>
      log.create(`${maxBytes}`, { principal: undefined, maxBytes }) as LogWriter
    expect(asked(undefined).maxBytes).toBe(1000)
    expect(asked(200).maxBytes).toBe(200)
    expect(asked(5000).maxBytes).toBe(1000)
    expect((createMemoryLog().create('d', { principal: undefined }) as LogWriter).maxBytes).toBe(
      8 * 1024 * 1024,
    )
  })

  it.each<[keyof MemoryLogOptions, unknown, string]>([
    ['maxBytes', 0, '0'],
    ['maxBytes', -1, '-1'],
    ['maxEndedBytes', Number.NaN, 'NaN'],
    ['keepFor', Number.POSITIVE_INFINITY, 'Infinity'],
    ['keepFor', '5m', '"5m"'],
  ])('rejects a %s of %j', (option, value, shown) => {
    expect(() => memoryLog({ [option]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_SYNAPSE_INVALID_OPTION',
        message: `${option} must be a number above 0, got ${shown}; leave it out for the default`,
      }),
    )
  })
})

describe('the expiry of a memory log', () => {
  it('forgets a stream keepFor ms after its end, and lets its id be used again', async () => {
    const log = memoryLog({ keepFor: 1000 })
    end(create(log, 'a'), 20)
    await clock.advance(999)
    expect(log.open('a')).toBeDefined()
    await clock.advance(1)
    expect(log.open('a')).toBeUndefined()
    expect(() => create(log, 'a')).not.toThrow()
  })

  it('is 5 minutes where nothing is said', async () => {
    const log = memoryLog()
    end(create(log, 'a'))
    await clock.advance(299_999)
    expect(log.open('a')).toBeDefined()
    await clock.advance(1)
    expect(log.open('a')).toBeUndefined()
  })

  it('never comes to a stream that runs', async () => {
    const log = memoryLog({ keepFor: 1000 })
    fill(create(log, 'a'), 20)
    await clock.advance(1_000_000)
    expect(log.open('a')).toBeDefined()
    expect(clock.pending).toBe(0)
  })

  it('comes to each stream in its turn, with one timer for all', async () => {
    const log = memoryLog({ keepFor: 1000 })
    const left = () => ['a', 'b', 'c'].filter((id) => log.open(id) !== undefined).join('')
    const writers = ['a', 'b', 'c'].map((id) => create(log, id))
    for (const writer of writers) {
      end(writer)
      await clock.advance(300)
      expect(clock.pending).toBe(1)
    }
    expect(left()).toBe('abc')
    await clock.advance(100)
    expect(left()).toBe('bc')
    await clock.advance(300)
    expect(left()).toBe('c')
    await clock.advance(300)
    expect(left()).toBe('')
    expect(clock.pending).toBe(0)
  })

  it('does not take the records from a reader that has them open', async () => {
    const log = memoryLog({ keepFor: 1000 })
    const writer = create(log, 'a')
    end(writer, 20)
    await clock.advance(2000)
    expect(writer.at(3)).toMatchObject({ event: 'done' })
  })

  it('waits no longer than timers can, however long it keeps', async () => {
    const asked: number[] = []
    const watched: Clock = {
      now: clock.now,
      after(milliseconds, run) {
        asked.push(milliseconds)
        return clock.after(milliseconds, run)
      },
    }
    const keepFor = 2 ** 32
    const log = createMemoryLog({ clock: watched, keepFor })
    end(create(log, 'a'))
    await clock.advance(keepFor - 1)
    expect(log.open('a')).toBeDefined()
    await clock.advance(1)
    expect(log.open('a')).toBeUndefined()
    expect(asked.filter((milliseconds) => milliseconds >= 2 ** 31)).toEqual([])
  })

  it('keeps no process alive', () => {
    const asked: unknown[] = []
    const watched: Clock = {
      now: clock.now,
      after(milliseconds, run, options) {
        asked.push(options)
        return clock.after(milliseconds, run)
      },
    }
    end(create(createMemoryLog({ clock: watched }), 'a'))
    expect(asked).toEqual([{ keepAlive: false }])
  })
})

describe('the bound of all ended streams of a memory log', () => {
  const left = (log: StreamLog, ids: string) =>
    [...ids].filter((id) => log.open(id) !== undefined).join('')

  it('evicts the one that ended first, as many as it takes', () => {
    const log = memoryLog({ maxEndedBytes: 100 })
    const writers = [...'abcd'].map((id) => create(log, id))
    // Ended in the order b, a, d, c: 30, 30 and 40 bytes fill the bound, 50 more take two away.
    end(writers[1]!, 20)
    end(writers[0]!, 20)
    end(writers[3]!, 30)
    expect(left(log, 'abcd')).toBe('abcd')
    end(writers[2]!, 40)
    expect(left(log, 'abcd')).toBe('cd')
  })

  it('never evicts a stream that runs, nor counts it', () => {
    const log = memoryLog({ maxEndedBytes: 50 })
    fill(create(log, 'r'), 1000)
    end(create(log, 'a'), 20)
    end(create(log, 'b'), 20)
    expect(left(log, 'rab')).toBe('rb')
  })

  it('keeps the one that has just ended, even where it is larger than the bound', () => {
    const log = memoryLog({ maxEndedBytes: 50 })
    end(create(log, 'a'), 10)
    end(create(log, 'b'), 200)
    expect(left(log, 'ab')).toBe('b')
    end(create(log, 'c'))
    expect(left(log, 'bc')).toBe('c')
  })

  it('is free again once streams have expired', async () => {
    const log = memoryLog({ maxEndedBytes: 100, keepFor: 1000 })
    end(create(log, 'a'), 80)
    await clock.advance(1000)
    end(create(log, 'b'), 40)
    end(create(log, 'c'), 40)
    expect(left(log, 'abc')).toBe('bc')
  })
})

describe('the close of a memory log', () => {
  it('forgets everything and leaves no timer', () => {
    const log = memoryLog()
    fill(create(log, 'r'), 10)
    end(create(log, 'a'))
    expect(clock.pending).toBe(1)
    log.close()
    expect(log.open('r')).toBeUndefined()
    expect(log.open('a')).toBeUndefined()
    expect(clock.pending).toBe(0)
  })

  it('leaves no timer for a stream either that ends after it', () => {
    const log = memoryLog()
    const writer = create(log, 'a')
    log.close()
    end(writer)
    expect(writer.ended).toBe(true)
    expect(clock.pending).toBe(0)
    expect(log.open('a')).toBeUndefined()
  })
})
