import { describe, expect, it } from 'vitest'
import type { LogRecord } from '../wire/record.ts'
import { RedisPages } from './redis-pages.ts'

const PAGE = 10
const STORED = 100

/** A store of 100 records, some of which are lost, that answers when it is told to. */
function setUp(lost: readonly number[] = []) {
  const reads: number[] = []
  const answers: { answer: () => void; fail: (error: Error) => void }[] = []
  const pages = new RedisPages((seq) => {
    reads.push(seq)
    const records: LogRecord[] = []
    for (let next = seq; next <= STORED && records.length < PAGE; next++) {
      if (!lost.includes(next)) records.push({ seq: next, event: 'update', json: `${next}` })
    }
    return new Promise((resolve, reject) => {
      answers.push({ answer: () => resolve(records), fail: reject })
    })
  })
  const answerAll = async () => {
    for (let turn = 0; turn < 5; turn++) {
      for (const { answer } of answers.splice(0)) answer()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const seqs = async (seq: number) => {
    const loaded = pages.load(seq)
    await answerAll()
    return (await loaded).map((record) => record.seq)
  }
  return { pages, reads, answers, answerAll, seqs }
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n)

describe('RedisPages', () => {
  it('reads a page once for all who want it at the same time, wherever in it they begin', async () => {
    const { pages, reads, answerAll } = setUp()
    const loads = range(0, 999).map((n) => pages.load(1 + (n % PAGE)))
    await answerAll()
    for (const [n, records] of (await Promise.all(loads)).entries()) {
      expect(records.map(({ seq }) => seq)).toEqual(range(1 + (n % PAGE), PAGE))
    }
    expect(reads).toEqual([1])
  })

  it('keeps the pages that were used last', async () => {
    const { reads, seqs } = setUp()
    for (const seq of [1, 11, 21, 31]) await seqs(seq)
    expect(await seqs(5)).toEqual(range(5, 10))
    await seqs(41)
    expect(await seqs(10)).toEqual([10])
    expect(reads).toEqual([1, 11, 21, 31, 41])
    await seqs(11)
    expect(reads).toEqual([1, 11, 21, 31, 41, 11])
  })

  it('begins behind what is lost, in a page and before it', async () => {
    const { reads, seqs } = setUp([...range(1, 5), 8])
    expect(await seqs(1)).toEqual([6, 7, ...range(9, 16)])
    expect(await seqs(3)).toEqual([6, 7, ...range(9, 16)])
    expect(await seqs(8)).toEqual(range(9, 16))
    expect(reads).toEqual([1])
  })

  it('asks again for what was not there', async () => {
    const { reads, seqs } = setUp()
    expect(await seqs(101)).toEqual([])
    expect(await seqs(101)).toEqual([])
    expect(reads).toEqual([101, 101])
  })

  it('rejects for all who wait when the store cannot be read, and reads again later', async () => {
    const { pages, reads, answers, seqs } = setUp()
    const loads = [pages.load(1), pages.load(50), pages.load(3)]
    answers.splice(0)[0]!.fail(new Error('away'))
    const settled = await Promise.allSettled(loads)
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await seqs(50)).toEqual(range(50, 59))
    expect(reads).toEqual([1, 50])
  })
})
