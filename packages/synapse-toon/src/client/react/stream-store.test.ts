import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../time/turn.ts'
import { GoneError, HttpStatusError, TruncatedStreamError } from '../errors.ts'
import { NotResumableError } from './not-resumable-error.ts'
import { createTestStore, idOf } from './test-kit.ts'

const OWN = 'http://host/streams/1'

describe('a store of a stream', () => {
  it('asks nothing until it is started, and then shows text, events and how it stands', async () => {
    const { store, lines, last, draw } = createTestStore('/chat')
    store.mount()
    await nextTurn()
    expect(lines).toEqual([])
    expect(store.view()).toEqual({ text: '', events: [], status: 'idle', error: undefined })

    store.start()
    expect(store.view().status).toBe('connecting')
    await last().answer(OWN)
    draw()
    expect(store.view().status).toBe('open')
    await last().say(1, 'Hel', 'lo')
    draw()
    expect(store.view()).toMatchObject({ text: 'Hello', status: 'open', error: undefined })
    expect(store.view().events.map(({ payload }) => payload.delta)).toEqual(['Hel', 'lo'])
    await last().end()
    draw()
    expect(store.view()).toMatchObject({ text: 'Hello', status: 'complete' })
  })

  it('asks at once with autoStart', () => {
    const { store, lines } = createTestStore(new URL('http://host/chat?a=b'), { autoStart: true })
    expect(lines).toEqual([])
    store.mount()
    expect(lines.map(({ url, options }) => [url, options.method])).toEqual([
      ['http://host/chat?a=b', 'GET'],
    ])
  })

  it('shows 2,000 events of one burst in one frame', async () => {
    const { store, last, draw, renders, frames } = createTestStore('/chat')
    store.mount()
    store.start()
    await last().answer(OWN)
    draw()
    const before = renders.length
    await last().say(1, ...Array.from({ length: 2000 }, (_, n) => `${n} `))
    expect(frames.size).toBe(1)
    expect(renders).toHaveLength(before)
    draw()
    expect(renders).toHaveLength(before + 1)
    expect(store.view().events).toHaveLength(2000)
    expect(store.view().text.trim().split(' ')).toHaveLength(2000)
  })

  it('gives the same view until something has changed, and never changes one that it gave', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    await last().answer(OWN)
    draw()
    const first = store.view()
    expect(store.view()).toBe(first)
    await last().say(1, 'a')
    expect(store.view()).toBe(first)
    draw()
    expect(store.view()).not.toBe(first)
    expect(first).toMatchObject({ text: '', events: [] })
  })

  it('keeps the newest events only, and all of the text', async () => {
    const { store, last, draw } = createTestStore('/chat', { maxEvents: 3 })
    store.start()
    await last().answer(OWN)
    await last().say(1, ...'abcdefgh')
    draw()
    expect(store.view().text).toBe('abcdefgh')
    expect(store.view().events.map(({ payload }) => payload.delta)).toEqual(['f', 'g', 'h'])
  })

  it('keeps no events with maxEvents 0', async () => {
    const { store, last, draw } = createTestStore('/chat', { maxEvents: 0 })
    store.start()
    await last().say(1, 'a', 'b')
    draw()
    expect(store.view()).toMatchObject({ text: 'ab', events: [] })
  })

  it('takes the text that select gives, and shows an error that it throws', async () => {
    const { store, configure, last, draw } = createTestStore('/chat', {
      select: ({ delta }) => delta.toUpperCase(),
    })
    store.start()
    await last().say(1, 'a')
    const broken = new Error('select')
    configure('/chat', {
      select() {
        throw broken
      },
    })
    await last().say(2, 'b')
    draw()
    expect(store.view()).toMatchObject({ text: 'A', status: 'error', error: broken })
    expect(last().isClosed).toBe(true)
  })

  it('adds nothing for payloads without a delta that is text', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    await last().say(1, 'a', 7 as unknown as string, undefined as unknown as string)
    draw()
    expect(store.view().text).toBe('a')
    expect(store.view().events).toHaveLength(3)
  })

  it('tells onStatus what happens on the way', async () => {
    const seen: string[] = []
    const { store, last } = createTestStore('/chat', { onStatus: ({ type }) => seen.push(type) })
    store.start()
    await last().answer(OWN)
    last().tell({ type: 'waiting', delay: 1, error: undefined })
    expect(seen).toEqual(['open', 'waiting'])
  })
})

describe('start()', () => {
  it('sends a body by POST, and that of the options where it is given none', () => {
    const { store, last } = createTestStore('/chat', { body: { message: 'usual' } })
    store.start()
    expect(last().options).toMatchObject({ method: 'POST', body: { message: 'usual' } })
    store.start({ message: 'other' })
    expect(last().options).toMatchObject({ method: 'POST', body: { message: 'other' } })
  })

  it('does not take the event of a click for a body', () => {
    const { store, last } = createTestStore('/chat')
    store.start({ nativeEvent: {}, target: {} })
    expect(last().options).toMatchObject({ method: 'GET', body: undefined })
  })

  it('asks a url that is a function anew, and takes the newest options', () => {
    let asked = 0
    const { store, configure, last } = createTestStore(() => `/chat?n=${++asked}`)
    store.start()
    configure(() => `/other?n=${++asked}`, { headers: { 'X-A': 'b' } })
    store.start()
    expect(last().url).toBe('/other?n=2')
    expect(last().options.headers).toEqual({ 'X-A': 'b' })
  })

  it('begins from nothing, and hears no more of the answer before', async () => {
    const { store, lines, last, draw, frames } = createTestStore('/chat')
    store.start()
    await last().answer(OWN)
    await last().say(1, 'old')
    expect(frames.size).toBe(1)
    store.start()
    // Shown at once, and with it what waited for a frame.
    expect(frames.size).toBe(0)
    expect(store.view()).toMatchObject({ text: '', events: [], status: 'connecting' })
    const [before] = lines
    expect(before).toMatchObject({ isClosed: true, isStopped: false })
    before!.tell({ type: 'waiting', delay: 1, error: undefined })
    await before!.say(2, 'older')
    await last().answer(OWN)
    draw()
    expect(store.view()).toMatchObject({ text: '', status: 'open' })
  })

  it.each([
    [
      'a url that throws',
      () => {
        throw new Error('no address')
      },
    ],
  ])('shows what could not even be asked: %s', (_, url) => {
    const { store, lines } = createTestStore(url)
    store.start()
    expect(lines).toEqual([])
    expect(store.view()).toMatchObject({ status: 'error', error: new Error('no address') })
  })
})

describe('a component that goes', () => {
  it('for a moment, as under StrictMode, changes nothing: one request, nothing lost', async () => {
    const { store, lines, last, draw, clock } = createTestStore('/chat', { autoStart: true })
    const unmount = store.mount()
    unmount()
    store.mount()
    await clock.advance(1000)
    await last().answer(OWN)
    await last().say(1, 'a')
    draw()
    expect(lines).toHaveLength(1)
    expect(last().isClosed).toBe(false)
    expect(store.view()).toMatchObject({ text: 'a', status: 'open' })
  })

  it('frees the line, and does not stop the answer', async () => {
    const { store, last, draw, clock } = createTestStore('/chat')
    const unmount = store.mount()
    store.start()
    await last().answer(OWN)
    await last().say(1, 'a')
    unmount()
    expect(last().isClosed).toBe(false)
    await clock.advance(0)
    expect(last()).toMatchObject({ isClosed: true, isStopped: false })
    draw()
    expect(store.view()).toMatchObject({ text: 'a', status: 'left' })
    expect(clock.pending).toBe(0)
  })

  it('and comes back, as in <Activity>, goes on after the last event that came', async () => {
    const { store, lines, last, draw, clock } = createTestStore('/chat', { body: {} })
    const unmount = store.mount()
    store.start()
    await last().answer('/streams/1')
    await last().say(1, 'a', 'b')
    unmount()
    await clock.advance(0)
    store.mount()
    expect(lines).toHaveLength(2)
    expect(last().url).toBe(OWN)
    expect(last().options).toMatchObject({ method: 'GET', body: undefined, lastEventId: idOf(2) })
    await last().answer(OWN)
    await last().say(3, 'c')
    draw()
    expect(store.view()).toMatchObject({ text: 'abc', status: 'open' })
    expect(store.view().events).toHaveLength(3)
  })

  it('and comes back, fails later, and is mounted twice by StrictMode, is not gone on with unasked', async () => {
    const { store, lines, last, clock } = createTestStore('/chat')
    const unmount = store.mount()
    store.start()
    await last().answer(OWN)
    unmount()
    await clock.advance(0)
    const again = store.mount()
    await last().fail(new Error('x'))
    again()
    store.mount()
    expect(lines).toHaveLength(2)
  })

  it('and comes back does not ask again what would be another answer', async () => {
    const { store, lines, last, draw, clock } = createTestStore('/chat', { body: {} })
    const unmount = store.mount()
    store.start()
    await last().answer()
    await last().say(1)
    unmount()
    await clock.advance(0)
    store.mount()
    draw()
    expect(lines).toHaveLength(1)
    expect(store.view().status).toBe('left')
  })

  it('stops the answer where that is wanted, and does not go on with it later', async () => {
    const { store, lines, last, clock, draw } = createTestStore('/chat', { onUnmount: 'stop' })
    const unmount = store.mount()
    store.start()
    await last().answer(OWN)
    unmount()
    await clock.advance(0)
    expect(last().isStopped).toBe(true)
    store.mount()
    draw()
    expect(lines).toHaveLength(1)
    expect(store.view().status).toBe('left')
  })

  it('leaves an answer that the server would not stop', async () => {
    const { store, last, clock } = createTestStore('/chat', { onUnmount: 'stop' })
    const unmount = store.mount()
    store.start()
    last().refuseToStop(new Error('403'))
    unmount()
    await clock.advance(0)
    expect(last()).toMatchObject({ isStopped: true, isClosed: true })
  })
})

describe('a component that wants another stream', () => {
  it('by another url with autoStart leaves the one before and asks', async () => {
    const { store, configure, lines, last, draw, clock } = createTestStore('/a', {
      autoStart: true,
    })
    const unmount = store.mount()
    await last().answer(OWN)
    await last().say(1, 'a')
    unmount()
    configure('/b', { autoStart: true })
    store.mount()
    await clock.advance(0)
    draw()
    expect(lines.map(({ url, isClosed }) => [url, isClosed])).toEqual([
      ['/a', true],
      ['/b', false],
    ])
    expect(store.view()).toMatchObject({ text: '', status: 'connecting' })
  })

  it('by another url without autoStart goes on with what it has', async () => {
    const { store, configure, lines, last, clock } = createTestStore('/a')
    const unmount = store.mount()
    store.start()
    unmount()
    configure('/b')
    store.mount()
    await clock.advance(0)
    expect(lines).toHaveLength(1)
    expect(last().isClosed).toBe(false)
  })

  it('is not asked twice when an effect of a child has started it before it was mounted', () => {
    const { store, lines } = createTestStore('/a', { autoStart: true, storageKey: 'chat' })
    store.start()
    store.mount()
    expect(lines).toHaveLength(1)
  })
})

describe('stop()', () => {
  it('asks the server, and the end that comes is shown as cancelled', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    await last().answer(OWN)
    await last().say(1, 'a')
    await store.stop()
    expect(last()).toMatchObject({ isStopped: true, isClosed: false })
    await last().end('cancelled')
    draw()
    expect(store.view()).toMatchObject({ text: 'a', status: 'cancelled', error: undefined })
  })

  it('that can only leave is shown as cancelled too', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    await store.stop()
    await last().end('left')
    draw()
    expect(store.view().status).toBe('cancelled')
  })

  it('does nothing where nothing runs', async () => {
    const { store, last, draw } = createTestStore('/chat')
    await store.stop()
    store.start()
    await last().end()
    await store.stop()
    draw()
    expect(store.view()).toMatchObject({ status: 'complete', error: undefined })
    expect(last().isStopped).toBe(false)
  })

  it('that is refused after the end says nothing: there was nothing to stop any more', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    let refuse = () => {}
    const when = new Promise<void>((resolve) => {
      refuse = resolve
    })
    last().refuseToStop(new HttpStatusError(404, ''), when)
    const stopped = store.stop()
    await last().end()
    refuse()
    await stopped
    draw()
    expect(store.view()).toMatchObject({ status: 'complete', error: undefined })
  })

  it('that the server refuses is shown beside the answer, which goes on', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    await last().answer(OWN)
    const refusal = new HttpStatusError(403, '')
    last().refuseToStop(refusal)
    await store.stop()
    expect(store.view()).toMatchObject({ status: 'open', error: refusal })
    await last().say(1, 'a')
    await last().end()
    draw()
    expect(store.view()).toMatchObject({ text: 'a', status: 'complete', error: undefined })
  })
})

describe('resume()', () => {
  it('goes on with one that failed, at its own address, after the last event', async () => {
    const { store, last, draw } = createTestStore('/chat', { body: {} })
    store.start()
    await last().answer(OWN)
    await last().say(1, 'a')
    const cut = new TruncatedStreamError('cut')
    await last().fail(cut)
    draw()
    expect(store.view()).toMatchObject({ text: 'a', status: 'error', error: cut })
    store.resume()
    expect(last()).toMatchObject({ url: OWN, options: { lastEventId: idOf(1) } })
    expect(store.view()).toMatchObject({ text: 'a', status: 'connecting', error: undefined })
    await last().say(2, 'b')
    await last().end()
    draw()
    expect(store.view()).toMatchObject({ text: 'ab', status: 'complete' })
  })

  it('goes on where it was asked for, by GET, where the server names no address', async () => {
    const { store, last } = createTestStore('/feed')
    store.start()
    await last().answer()
    await last().say(1, 'a')
    await last().fail(new Error('x'))
    store.resume()
    expect(last()).toMatchObject({ url: '/feed', options: { lastEventId: idOf(1) } })
  })

  it('reads from the start again what came without ids, and shows it once', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    await last().answer(OWN)
    await last().say(undefined, 'a')
    await last().fail(new Error('x'))
    store.resume()
    expect(last()).toMatchObject({ url: OWN, options: { lastEventId: '' } })
    await last().say(undefined, 'a', 'b')
    draw()
    expect(store.view().text).toBe('ab')
    expect(store.view().events).toHaveLength(2)
  })

  it('reads from the start again what it has no event of', async () => {
    const { store, last } = createTestStore('/chat')
    store.start()
    await last().answer(OWN)
    await last().fail(new Error('x'))
    store.resume()
    expect(last()).toMatchObject({ url: OWN, options: { lastEventId: '' } })
  })

  it.each([
    ['nothing was asked', {}, false],
    ['a POST has named no address', { body: {} }, true],
    ['a GET was answered, without an address or an id', {}, true],
  ])('says so where it cannot: %s', async (_, options, isStarted) => {
    const { store, lines, last } = createTestStore('/chat', options)
    if (isStarted) {
      store.start()
      await last().answer()
      await last().say(undefined, 'a')
      await last().fail(new Error('x'))
    }
    store.resume()
    expect(lines).toHaveLength(isStarted ? 1 : 0)
    expect(store.view().status).toBe('error')
    expect(store.view().error).toBeInstanceOf(NotResumableError)
    expect((store.view().error as Error).message).toContain('start()')
  })

  it('does nothing for one that is on its way, or over', async () => {
    const { store, lines, last, draw } = createTestStore('/chat')
    store.start()
    await last().answer(OWN)
    store.resume()
    await last().end()
    store.resume()
    draw()
    expect(lines).toHaveLength(1)
    expect(store.view().status).toBe('complete')
  })
})

describe('a failure', () => {
  it('is shown with the text so far', async () => {
    const { store, last, draw } = createTestStore('/chat')
    store.start()
    await last().say(1, 'a')
    const gone = new GoneError('')
    await last().fail(gone)
    draw()
    expect(store.view()).toMatchObject({ text: 'a', status: 'error', error: gone })
  })
})
