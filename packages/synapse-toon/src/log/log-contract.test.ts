import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import type { LogKind, OpenStore } from './contract/store.ts'
import type { LogWriter, StreamLog } from './log.ts'
import { logContract } from './log-contract.ts'
import { createMemoryLog } from './memory.ts'

const MEMORY: LogKind = { durable: false, shared: false }

/** A store of one memory log, made worse. */
function memoryStore(fault: (log: StreamLog) => Partial<StreamLog> = () => ({})): OpenStore {
  return ({ keepFor }) => {
    const clock = createFakeClock()
    const log = createMemoryLog({ keepFor, clock })
    const open = () => ({ ...log, ...fault(log) })
    return {
      open,
      lose: () => {},
      freeze: () => () => {},
      pass: clock.advance,
      close: () => log.close(),
    }
  }
}

/** The same where the fault is in what producers and readers hold. */
function faultyWriter(fault: (writer: LogWriter) => Partial<LogWriter>): OpenStore {
  const writers = new WeakMap<LogWriter, LogWriter>()
  return memoryStore((log) => ({
    create(streamId, options) {
      const writer = log.create(streamId, options) as LogWriter
      const faulty = Object.create(writer, Object.getOwnPropertyDescriptors(fault(writer)))
      // Private fields are the original's.
      const bound: LogWriter = new Proxy(faulty, {
        get(target, name) {
          if (Object.hasOwn(target, name)) return Reflect.get(target, name)
          const value = Reflect.get(writer, name, writer)
          return typeof value === 'function' ? value.bind(writer) : value
        },
      })
      writers.set(writer, bound)
      return bound
    },
    async open(streamId) {
      const reader = (await log.open(streamId)) as LogWriter | undefined
      return reader === undefined ? undefined : (writers.get(reader) ?? reader)
    },
  }))
}

/** The names of the checks that do not hold. */
async function failed(openStore: OpenStore, kind = MEMORY): Promise<string> {
  const names: string[] = []
  for (const { name, check } of logContract(openStore, kind)) {
    await check().catch(() => names.push(name))
  }
  return names.join('\n')
}

describe('createMemoryLog keeps the contract: it', () => {
  for (const { name, check } of logContract(memoryStore(), MEMORY)) it(name, check)
})

describe('logContract', () => {
  it('holds for the wrappers that its own tests make worse', async () => {
    expect(await failed(faultyWriter(() => ({})))).toBe('')
  })

  it.each<[fault: string, OpenStore, found: string]>([
    [
      'takes an id twice',
      memoryStore((log) => {
        let made = 0
        return {
          create: (id, options) =>
            log.create(log.open(id) === undefined ? id : `${made++}`, options),
        }
      }),
      'rejects an id that it knows',
    ],
    [
      'forgets the principal',
      memoryStore((log) => ({ create: (id) => log.create(id, { principal: 'somebody' }) })),
      'remembers the principal',
    ],
    [
      'mixes up ids that differ in case',
      memoryStore((log) => ({
        create: (id, options) => log.create(id.toLowerCase(), options),
        open: (id) => log.open(id.toLowerCase()),
      })),
      'whose ids are much alike',
    ],
    [
      'knows every id',
      memoryStore((log) => ({
        open: async (id) => (await log.open(id)) ?? (await log.open('known')),
      })),
      'gives undefined for an id that it never knew',
    ],
    [
      'ignores the bytes asked for',
      memoryStore((log) => ({ create: (id, { principal }) => log.create(id, { principal }) })),
      'bounds a stream by the bytes asked for',
    ],
    [
      'claims anew each time',
      memoryStore(() => ({ claim: (_, value) => value })),
      'first value of a claim',
    ],
    [
      'lets no claim go',
      memoryStore((log) => ({ claim: (name, value) => log.claim(name, value, 10 ** 9) })),
      'lets a claim go after its time',
    ],
    [
      'cancels nothing',
      memoryStore(() => ({ cancel: () => {} })),
      'lets a cancel reach the producer',
    ],
    [
      'forgets no stream',
      () => {
        const log = createMemoryLog()
        return { open: () => log, pass: async () => {}, close: () => log.close() }
      },
      'forgets a stream some time after its end',
    ],
    [
      'counts characters for bytes',
      faultyWriter((writer) => ({
        append: (record) => Math.min(writer.append(record), record.json.length),
      })),
      'UTF-8 bytes of what was appended',
    ],
    [
      'takes records again',
      faultyWriter((writer) => ({
        append: (record) => writer.append({ ...record, seq: writer.lastSeq + 1 }),
      })),
      'ignores a position that it has',
    ],
    [
      'swallows what leaves a hole',
      faultyWriter((writer) => ({
        append: (record) => (record.seq > writer.lastSeq + 1 ? 0 : writer.append(record)),
      })),
      'throws on a hole',
    ],
    [
      'announces late',
      faultyWriter((writer) => ({
        subscribe: (given) =>
          writer.subscribe({ onAppend: () => queueMicrotask(() => given.onAppend()) }),
      })),
      'before append returns',
    ],
    [
      'announces twice',
      faultyWriter((writer) => ({
        subscribe(given) {
          const again = { onAppend: () => given.onAppend() }
          const leave = [writer.subscribe(given), writer.subscribe(again)]
          return () => {
            for (const one of leave) one()
          }
        },
      })),
      'announces each append once',
    ],
    [
      'announces only every other append',
      faultyWriter((writer) => ({
        subscribe: (given) =>
          writer.subscribe({ onAppend: () => writer.lastSeq % 2 === 0 && given.onAppend() }),
      })),
      'announces each append once',
    ],
    [
      'reads one record too few',
      faultyWriter((writer) => ({
        at: (seq) => (seq === writer.lastSeq ? writer.at(seq) : undefined),
        load: async (seq) => (await writer.load(seq)).slice(seq > 1 ? 1 : 0),
      })),
      'from every position',
    ],
    [
      'cuts long records',
      faultyWriter((writer) => ({
        append: (record) => writer.append({ ...record, json: record.json.slice(0, 50_000) }),
      })),
      'from every position of an ended stream',
    ],
    [
      'has the end not in memory',
      faultyWriter((writer) => ({
        at: (seq) => (seq < writer.lastSeq ? writer.at(seq) : undefined),
      })),
      'has the terminal record of an ended stream in memory',
    ],
    [
      'says that more is behind a position than is',
      faultyWriter((writer) => ({ bytesAfter: (seq) => writer.bytesAfter(seq) + 1 })),
      'counts the bytes behind a position',
    ],
    [
      'drops what nobody has read',
      faultyWriter((writer) => ({
        append(record) {
          writer.passed(record.seq)
          return writer.append(record)
        },
      })),
      'never drops a record that nobody has read',
    ],
    ['never has room', faultyWriter(() => ({ hasRoom: false })), 'has room again'],
    ['always has room', faultyWriter(() => ({ hasRoom: true })), 'has room again'],
    ['counts no readers', faultyWriter(() => ({ readers: () => 0 })), 'counts its subscribers'],
  ])('finds a log that %s', async (_, openStore, found) => {
    const [check] = logContract(openStore, MEMORY).filter(({ name }) => name.includes(found))
    await expect(check!.check()).rejects.toThrow()
  })

  it('finds a log that only says that it is durable', async () => {
    const forgetful: OpenStore = async (options) => {
      const clock = createFakeClock()
      const open = () => createMemoryLog({ ...options, clock })
      return { open, lose: () => {}, pass: clock.advance, close: () => {} }
    }
    const names = await failed(forgetful, { durable: true, shared: false })
    for (const sentence of [
      'keeps ended streams over a restart',
      'stores on close what was appended',
      'keeps what was flushed by a process that is killed',
      'nothing was stored but its creation',
      'keeps the end of a lost stream',
      'remembers a claim over a restart',
    ]) {
      expect(names).toContain(sentence)
    }
  })

  it('finds a log whose lost streams never end', async () => {
    const names = await failed(
      memoryStore(() => ({ shared: true })),
      { durable: true, shared: true },
    )
    for (const sentence of [
      'keeps what was flushed by a process that is killed',
      'tells readers elsewhere of a producer that was killed',
      'ends what is cancelled when its producer is gone',
      'fences a producer',
    ]) {
      expect(names).toContain(sentence)
    }
    expect(names).not.toContain('lets a producer go on that was away and not missed')
  })
})
