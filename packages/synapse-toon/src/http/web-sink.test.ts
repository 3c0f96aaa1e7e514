import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { listenToStrays } from '../../test/process-events.ts'
import { nextTurn } from '../time/turn.ts'
import { WebSink } from './web-sink.ts'

const HEADERS = [['X-Test', 'yes']] as const

/** A sink with a listener, and its response once it is committed. */
function listened(highWaterMark = 100, signal?: AbortSignal) {
  const sink = new WebSink(highWaterMark, signal)
  const onDrain = vi.fn()
  const onClose = vi.fn()
  sink.listen({ onDrain, onClose })
  return { sink, onDrain, onClose }
}

async function committed(highWaterMark = 100, signal?: AbortSignal) {
  const made = listened(highWaterMark, signal)
  made.sink.commit(HEADERS)
  const response = await made.sink.response
  return { ...made, response, reader: response.body!.getReader() }
}

const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value)

describe('WebSink', () => {
  it('gives its response with status 200 and the headers at the commit, before any byte', async () => {
    const { sink, response, onClose } = await committed()
    expect(response.status).toBe(200)
    expect(response.headers.get('X-Test')).toBe('yes')
    expect(sink.closed).toBe(false)
    expect(onClose).not.toHaveBeenCalled()
  })

  it('hands each write on as bytes of UTF-8', async () => {
    const { sink, reader } = await committed()
    sink.write('data: é\n\n')
    sink.write('data: 😀\n\n')
    expect(text((await reader.read()).value)).toBe('data: é\n\n')
    expect(text((await reader.read()).value)).toBe('data: 😀\n\n')
  })

  it('wants no more from its bound of unread bytes on, counted in bytes and not in chunks', async () => {
    const { sink, reader } = await committed(100)
    expect(sink.unsentBytes()).toBe(0)
    expect(sink.write('é'.repeat(25))).toBe(true)
    expect(sink.unsentBytes()).toBe(50)
    expect(sink.write('x'.repeat(49))).toBe(true)
    expect(sink.write('x')).toBe(false)
    expect(sink.unsentBytes()).toBe(100)
    await reader.read()
    expect(sink.unsentBytes()).toBe(50)
  })

  it('tells that there is room whenever its reader has taken something', async () => {
    const { sink, onDrain, reader } = await committed(100)
    await nextTurn()
    sink.write('x'.repeat(100))
    sink.write('x'.repeat(100))
    await nextTurn()
    onDrain.mockClear()
    const before = sink.progress()
    await reader.read()
    await nextTurn()
    // Still full: the bytes that are left fill it.
    expect(sink.progress()).not.toBe(before)
    await reader.read()
    await nextTurn()
    expect(onDrain).toHaveBeenCalled()
    expect(sink.unsentBytes()).toBe(0)
  })

  it('ends its body after what was written, and is closed as served', async () => {
    const { sink, onClose, reader } = await committed()
    sink.write('last')
    sink.end()
    expect(onClose).toHaveBeenCalledExactlyOnceWith(true)
    expect(sink.closed).toBe(true)
    expect(text((await reader.read()).value)).toBe('last')
    expect(await reader.read()).toEqual({ done: true, value: undefined })
  })

  it('is closed as left when its reader cancels', async () => {
    const { sink, onClose, reader } = await committed()
    sink.write('unread')
    await reader.cancel()
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
    expect(sink.closed).toBe(true)
  })

  it('breaks its body off when it is destroyed', async () => {
    const { sink, onClose, reader } = await committed()
    sink.destroy()
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
    await expect(reader.read()).rejects.toThrow('stream cut off')
  })

  it('does nothing more once it is closed, and tells it once', async () => {
    const { sink, onClose, reader } = await committed()
    await reader.cancel()
    expect(sink.write('late')).toBe(true)
    sink.end()
    sink.destroy()
    sink.answer({ status: 500, headers: [], body: '' })
    await reader.cancel()
    expect(onClose).toHaveBeenCalledOnce()
  })

  it('answers in place of a stream', async () => {
    const { sink, onClose } = listened()
    sink.answer({ status: 429, headers: [['Retry-After', '7']], body: '{"error":"x"}' })
    const response = await sink.response
    expect(response.status).toBe(429)
    expect(response.headers.get('Retry-After')).toBe('7')
    expect(await response.json()).toEqual({ error: 'x' })
    expect(onClose).toHaveBeenCalledExactlyOnceWith(true)
  })

  // [Fetch §2.2.6] "null body status".
  it.each([204, 205, 304])('answers %i without a body, which may have none', async (status) => {
    const { sink } = listened()
    sink.answer({ status, headers: [], body: '{"error":"x"}' })
    const response = await sink.response
    expect(response.status).toBe(status)
    expect(response.body).toBeNull()
  })
})

describe('WebSink with the signal of its request', () => {
  it('is closed as left when the client goes before the commit, and its caller gets a response', async () => {
    const abort = new AbortController()
    const { sink, onClose } = listened(100, abort.signal)
    abort.abort()
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
    expect(sink.closed).toBe(true)
    expect((await sink.response).status).toBe(499)
  })

  it('is closed from the start for a client that has gone already, and its caller gets a response', async () => {
    const { sink } = listened(100, AbortSignal.abort())
    expect(sink.closed).toBe(true)
    expect((await sink.response).status).toBe(499)
  })

  it('breaks its body off when the client goes after the commit: nobody waits for ever', async () => {
    const strays = listenToStrays()
    const abort = new AbortController()
    const { sink, onClose, reader } = await committed(100, abort.signal)
    const reason = new Error('client left')
    const read = reader.read()
    abort.abort(reason)
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
    expect(sink.closed).toBe(true)
    await expect(read).rejects.toBe(reason)
    expect(await strays()).toEqual([])
  })

  it('does not break off a body that its reader cancels, told by the same event', async () => {
    const abort = new AbortController()
    const { reader } = await committed(100, abort.signal)
    abort.signal.addEventListener('abort', () => void reader.cancel())
    abort.abort(new Error('client left'))
    await expect(reader.closed).resolves.toBeUndefined()
  })

  it.each<[string, (sink: WebSink) => void]>([
    ['its end', (sink) => sink.end()],
    ['an answer', (sink) => sink.answer({ status: 204, headers: [], body: '' })],
    ['its destruction', (sink) => sink.destroy()],
  ])('listens to it no more after %s', async (_what, close) => {
    const { signal } = new AbortController()
    const { sink } = listened(100, signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    close(sink)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('WebSink that is destroyed before its caller has a response', () => {
  it('gives one that says so', async () => {
    const { sink, onClose } = listened()
    sink.destroy()
    expect((await sink.response).status).toBe(500)
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
  })

  it('gives one after a commit too that failed for a header that can not be sent', async () => {
    const { sink } = listened()
    expect(() => sink.commit([['X-Test', 'a\nb']])).toThrow()
    sink.destroy()
    expect((await sink.response).status).toBe(500)
  })
})
