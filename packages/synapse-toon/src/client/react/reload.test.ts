import { describe, expect, it } from 'vitest'
import { GoneError, HttpStatusError, TruncatedStreamError } from '../errors.ts'
import { createTestStorage, createTestStore, idOf } from './test-kit.ts'

const OWN = 'http://host/streams/1'

/** A page, and the same one after a reload: all is new but the storage. */
function site() {
  const storage = createTestStorage()
  return {
    storage,
    load: (
      options: Parameters<typeof createTestStore>[1] = {},
      url: string | (() => string) = '/chat',
    ) =>
      createTestStore(
        url,
        { storageKey: 'chat', autoStart: true, ...options },
        { storage: () => storage },
      ),
  }
}

describe('a page that is reloaded', () => {
  it('in mid-stream goes on with the answer: nothing asked again, lost or doubled', async () => {
    const { load } = site()
    const before = load({ body: { message: 'hi' } })
    before.store.mount()
    await before.last().answer('/streams/1')
    await before.last().say(1, 'Hel')
    before.page('pagehide')

    const { store, lines, last, draw } = load({ body: { message: 'hi' } })
    store.mount()
    expect(lines).toHaveLength(1)
    expect(last().url).toBe(OWN)
    expect(last().options).toMatchObject({ method: 'GET', body: undefined, lastEventId: idOf(1) })
    expect(store.view()).toMatchObject({ text: 'Hel', status: 'connecting' })
    await last().answer('/streams/1')
    await last().say(2, 'lo')
    await last().end()
    draw()
    expect(store.view()).toMatchObject({ text: 'Hello', status: 'complete' })
  })

  it('a second time, before the first line was open again, still goes on', async () => {
    const { load } = site()
    const first = load({ body: {} })
    first.store.mount()
    await first.last().answer(OWN)
    await first.last().say(1, 'a')
    first.page('pagehide')
    const second = load({ body: {} })
    second.store.mount()
    second.page('pagehide')
    const third = load({ body: {} })
    third.store.mount()
    expect(third.last()).toMatchObject({ url: OWN, options: { lastEventId: idOf(1) } })
    expect(third.store.view().text).toBe('a')
  })

  it('without a word, as in a crash, goes on from what was kept at most half a second before', async () => {
    const { load, storage } = site()
    const before = load()
    before.store.mount()
    await before.last().answer(OWN)
    await before.last().say(1, 'a')
    await before.clock.advance(500)
    const writes = storage.writes
    await before.last().say(2, 'b', 'c', 'd')
    await before.clock.advance(499)
    expect(storage.writes).toBe(writes)

    const { store, last } = load()
    store.mount()
    expect(store.view().text).toBe('a')
    expect(last().options.lastEventId).toBe(idOf(1))
  })

  it('shows a whole answer again, and asks for nothing', async () => {
    const { load } = site()
    const before = load()
    before.store.mount()
    await before.last().say(1, 'all')
    await before.last().end()
    const { store, lines } = load()
    store.mount()
    expect(lines).toEqual([])
    expect(store.view()).toMatchObject({ text: 'all', status: 'complete' })
  })

  it('shows one that was stopped as stopped', async () => {
    const { load } = site()
    const before = load()
    before.store.mount()
    await before.last().say(1, 'half')
    await before.last().end('cancelled')
    const { store, lines } = load()
    store.mount()
    expect(lines).toEqual([])
    expect(store.view()).toMatchObject({ text: 'half', status: 'cancelled' })
  })

  it('has what came when the component had gone just before', async () => {
    const { load } = site()
    const before = load()
    const unmount = before.store.mount()
    await before.last().answer(OWN)
    await before.last().say(1, 'a')
    unmount()
    await before.last().say(2, 'never seen')
    await before.clock.advance(1000)
    const { store, last } = load()
    store.mount()
    expect(store.view().text).toBe('a')
    expect(last().options.lastEventId).toBe(idOf(1))
  })

  it('does not pay again for a POST that has named no address: it shows what came, as left', async () => {
    const { load } = site()
    const before = load({ body: {} })
    before.store.mount()
    await before.last().answer()
    await before.last().say(1, 'half')
    before.page('pagehide')
    const { store, lines } = load({ body: {} })
    store.mount()
    expect(lines).toEqual([])
    expect(store.view()).toMatchObject({ text: 'half', status: 'left', error: undefined })
  })

  it('does not pay again for a POST whose response had not come', () => {
    const { load } = site()
    load({ body: {} }).store.mount()
    const { store, lines } = load({ body: {} })
    store.mount()
    expect(lines).toEqual([])
    expect(store.view().status).toBe('left')
  })

  it('asks again by GET where no response had come', () => {
    const { load } = site()
    load().store.mount()
    const { store, last } = load()
    store.mount()
    expect(last()).toMatchObject({ url: '/chat', options: { method: 'GET', lastEventId: '' } })
  })

  it('asks again for what was refused, since nothing was made', async () => {
    const { load } = site()
    const before = load({ body: {} })
    before.store.mount()
    await before.last().fail(new HttpStatusError(429, ''))
    const { store, last } = load({ body: {} })
    store.mount()
    expect(last()).toMatchObject({ url: '/chat', options: { method: 'POST' } })
  })

  it('tries again to go on with an answer that failed, and does not ask for another', async () => {
    const { load } = site()
    const before = load({ body: {} })
    before.store.mount()
    await before.last().answer(OWN)
    await before.last().say(1, 'a')
    await before.last().fail(new TruncatedStreamError('cut'))
    const after = load({ body: {} })
    after.store.mount()
    expect(after.last()).toMatchObject({ url: OWN, options: { lastEventId: idOf(1) } })
    await after.last().fail(new GoneError(''))
    const later = load({ body: {} })
    later.store.mount()
    expect(later.last().url).toBe(OWN)
    expect(later.store.view().text).toBe('a')
  })

  it('without autoStart goes on too, whatever the url is now', async () => {
    const { load } = site()
    const before = load({ autoStart: false }, '/chat?message=hi')
    before.store.mount()
    before.store.start()
    await before.last().answer(OWN)
    await before.last().say(1, 'a')
    before.page('pagehide')
    const { store, last } = load({ autoStart: false }, '/chat?message=')
    store.mount()
    expect(last()).toMatchObject({ url: OWN, options: { lastEventId: idOf(1) } })
    expect(store.view().text).toBe('a')
  })

  it('with a url that is a function goes on too', async () => {
    const { load } = site()
    let n = 0
    const url = () => `/chat?n=${++n}`
    const before = load({}, url)
    before.store.mount()
    await before.last().answer(OWN)
    const { store, last } = load({}, url)
    store.mount()
    expect(last().url).toBe(OWN)
    expect(store.view().status).toBe('connecting')
  })

  it('with autoStart and another url asks that one, and forgets the other', async () => {
    const { load } = site()
    const before = load({}, '/a')
    before.store.mount()
    await before.last().say(1, 'a')
    await before.last().end()
    const { store, last } = load({}, '/b')
    store.mount()
    expect(last().url).toBe('/b')
    expect(store.view().text).toBe('')
  })

  it('has nothing of before where start() has begun anew, though nothing more can be kept', async () => {
    const { load, storage } = site()
    const before = load()
    before.store.mount()
    await before.last().say(1, 'old')
    await before.last().end()
    storage.broken = new Error('QuotaExceededError')
    before.store.start()
    const { store } = load()
    store.mount()
    expect(store.view()).toMatchObject({ text: '', status: 'connecting' })
  })

  it('has nothing of before where start() has begun anew', async () => {
    const { load } = site()
    const before = load()
    before.store.mount()
    await before.last().say(1, 'old')
    await before.last().end()
    before.store.start()
    const { store, last } = load()
    store.mount()
    expect(store.view()).toMatchObject({ text: '', status: 'connecting' })
    expect(last().options.lastEventId).toBe('')
  })
})

describe('what is kept over a reload', () => {
  it('is bounded: the rest of a long text is read again', async () => {
    const { load, storage } = site()
    const before = load()
    before.store.mount()
    await before.last().answer(OWN)
    await before.last().say(1, 'x'.repeat(500_000))
    await before.clock.advance(500)
    const { length } = storage.kept.get('chat')!
    await before.last().say(2, 'y'.repeat(50_000))
    await before.last().end()
    expect(storage.kept.get('chat')).toHaveLength(length)
    const { store, last } = load()
    store.mount()
    expect(store.view().text).toHaveLength(500_000)
    expect(last().options.lastEventId).toBe(idOf(1))
  })

  it.each([
    ['full', new Error('QuotaExceededError')],
    ['forbidden', new Error('SecurityError')],
  ])('is nothing where the storage is %s, and the stream is as any other', async (_, error) => {
    const { load, storage } = site()
    storage.broken = error
    const { store, last, draw, page } = load()
    store.mount()
    await last().answer(OWN)
    await last().say(1, 'a')
    page('pagehide')
    await last().end()
    draw()
    expect(store.view()).toMatchObject({ text: 'a', status: 'complete', error: undefined })
    expect(storage.kept.size).toBe(0)
  })

  it('is under its key alone, and nothing without one', async () => {
    const { load, storage } = site()
    const { store, last, clock } = load({ storageKey: undefined })
    store.mount()
    await last().answer(OWN)
    await last().say(1, 'a')
    await clock.advance(1000)
    await last().end()
    expect(storage.kept.size).toBe(0)
  })

  it('is held by no timer and no listener once the component has gone', async () => {
    const { load } = site()
    const { store, last, clock, pageListeners } = load()
    const unmount = store.mount()
    await last().answer(OWN)
    await last().say(1, 'a')
    expect(pageListeners.size).toBe(1)
    unmount()
    expect(pageListeners.size).toBe(0)
    await last().say(2, 'b')
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })
})
