import { describe, expect, it } from 'vitest'
import { readEvents } from './event-reader.ts'
import { UpstreamError } from './upstream-error.ts'

/** A body that counts how often it is read. */
function countedBody(reads: readonly string[]) {
  const count = { reads: 0, released: false }
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (const text of reads) {
        count.reads++
        yield new TextEncoder().encode(text)
      }
    } finally {
      count.released = true
    }
  }
  return { body: body(), count }
}

describe('reading the events of a body', () => {
  it('does not read on before the events of the last read are taken', async () => {
    const { body, count } = countedBody(['data: 1\n\ndata: 2\n\n', 'data: 3\n\n'])
    const events = readEvents(body)
    expect((await events.next()).value).toMatchObject({ data: '1' })
    expect((await events.next()).value).toMatchObject({ data: '2' })
    expect(count.reads).toBe(1)
    expect((await events.next()).value).toMatchObject({ data: '3' })
    expect(count.reads).toBe(2)
  })

  it('lets the body go when it is not read to the end', async () => {
    const { body, count } = countedBody(['data: 1\n\n', 'data: 2\n\n'])
    const events = readEvents(body)
    await events.next()
    await events.return()
    expect(count).toEqual({ reads: 1, released: true })
  })

  it('gives up on an event that never ends, and reads no further', async () => {
    const { body, count } = countedBody(['data: aaaa', 'aaaaaaaa', 'aaaaaaaa', 'aaaaaaaa'])
    await expect(readEvents(body, 16).next()).rejects.toThrow(UpstreamError)
    expect(count).toEqual({ reads: 2, released: true })
  })

  it('takes many events and comments that are each short enough', async () => {
    const { body } = countedBody([
      ': a comment\n',
      'data: 1234\n\n',
      ': a comment\n',
      'data: 5\n\n',
    ])
    const data: string[] = []
    for await (const event of readEvents(body, 16)) data.push(event.data)
    expect(data).toEqual(['1234', '5'])
  })
})
