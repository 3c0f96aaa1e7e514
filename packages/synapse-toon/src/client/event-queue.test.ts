import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventQueue, READ_AHEAD } from './event-queue.ts'

function item(data: string): { data: string } {
  return { data }
}

const OVER = { value: undefined, done: true }

describe('the queue of events', () => {
  it('hands out events in order, to whoever waits first', async () => {
    const queue = createEventQueue<{ data: string }>()
    const first = queue.take()
    const second = queue.take()
    queue.push(item('a'))
    queue.push(item('b'))
    queue.push(item('c'))
    expect(await Promise.all([first, second, queue.take()])).toEqual(
      ['a', 'b', 'c'].map((data) => ({ value: { data }, done: false })),
    )
  })

  it('has room until it holds enough, and then after enough was taken', async () => {
    const queue = createEventQueue<{ data: string }>()
    queue.push(item('x'.repeat(READ_AHEAD)))
    queue.push(item('y'))
    let hasRoom = false
    const waiting = queue.room().then(() => {
      hasRoom = true
    })
    await Promise.resolve()
    expect(hasRoom).toBe(false)
    await queue.take()
    await waiting
    expect(hasRoom).toBe(true)
    await queue.room()
  })

  it('is filled by empty events too', async () => {
    const queue = createEventQueue<{ data: string }>()
    let pushed = 0
    let isFull = false
    while (!isFull) {
      queue.push(item(''))
      pushed++
      isFull = await Promise.race([
        queue.room().then(() => false),
        Promise.resolve()
          .then(() => Promise.resolve())
          .then(() => Promise.resolve())
          .then(() => true),
      ])
    }
    expect(pushed).toBe(READ_AHEAD / 64)
  })

  it('gives the end behind the last event, for ever', async () => {
    const queue = createEventQueue<{ data: string }>()
    queue.push(item('a'))
    queue.end()
    queue.push(item('late'))
    expect(await queue.take()).toEqual({ value: item('a'), done: false })
    expect(await queue.take()).toEqual(OVER)
    expect(await queue.take()).toEqual(OVER)
  })

  it('gives a failure behind the last event, once, and to one', async () => {
    const queue = createEventQueue<{ data: string }>()
    const error = new Error('failed')
    const steps = [queue.take(), queue.take(), queue.take()]
    queue.push(item('a'))
    queue.end({ error })
    expect(await Promise.allSettled(steps)).toEqual([
      { status: 'fulfilled', value: { value: item('a'), done: false } },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: OVER },
    ])
  })

  it('lets both sides go when the reader has left', async () => {
    const queue = createEventQueue<{ data: string }>()
    queue.push(item('x'.repeat(READ_AHEAD)))
    const room = queue.room()
    queue.abandon()
    queue.end()
    await room
    expect(await queue.take()).toEqual(OVER)
  })

  it('loses nothing and turns nothing round, however pushes and takes are mixed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 60 }), async (isPush) => {
        const queue = createEventQueue<{ data: string }>()
        const steps: Promise<IteratorResult<{ data: string }, undefined>>[] = []
        let pushed = 0
        for (const one of isPush) {
          if (one) queue.push(item(String(pushed++)))
          else steps.push(queue.take())
        }
        queue.end()
        while (steps.length < pushed) steps.push(queue.take())
        const taken = (await Promise.all(steps)).flatMap(({ value }) => value?.data ?? [])
        expect(taken).toEqual(Array.from({ length: pushed }, (_, n) => String(n)))
      }),
    )
  })
})
