import { describe, expect, it } from 'vitest'
import { createSavedStreamSlot, type SavedStream } from './saved-stream.ts'
import { createTestStorage } from './test-kit.ts'

const saved: SavedStream = {
  url: '/chat',
  address: 'http://host/streams/1',
  asked: undefined,
  lastEventId: 'a',
  text: 'Hel',
  status: 'open',
}

describe('a place for a stream in sessionStorage', () => {
  it('gives back what was put there, under its key, until it is cleared', () => {
    const storage = createTestStorage()
    const slot = createSavedStreamSlot(() => storage, 'chat')
    expect(slot.load()).toBeUndefined()
    slot.save(saved)
    expect(slot.load()).toEqual(saved)
    expect(createSavedStreamSlot(() => storage, 'other').load()).toBeUndefined()
    slot.clear()
    expect(slot.load()).toBeUndefined()
    expect(storage.kept.size).toBe(0)
  })

  it('keeps what was there when the storage is full', () => {
    const storage = createTestStorage()
    const slot = createSavedStreamSlot(() => storage, 'chat')
    slot.save(saved)
    storage.broken = new Error('QuotaExceededError')
    slot.save({ ...saved, text: 'Hello' })
    expect(slot.load()).toEqual(saved)
  })

  it.each([
    ['is not there', () => undefined],
    [
      'is forbidden',
      () => {
        throw new Error('SecurityError')
      },
    ],
  ])('is empty, and takes nothing, where the storage %s', (_, storage) => {
    const slot = createSavedStreamSlot(storage, 'chat')
    slot.save(saved)
    slot.clear()
    expect(slot.load()).toBeUndefined()
  })

  it.each([
    ['', 'no JSON'],
    ['{', 'cut JSON'],
    ['null', 'nothing'],
    ['7', 'no object'],
    [JSON.stringify({ ...saved, text: undefined }), 'no text'],
    [JSON.stringify({ ...saved, lastEventId: 3 }), 'an id that is no text'],
    [JSON.stringify({ ...saved, address: {} }), 'an address that is no text'],
    [JSON.stringify({ ...saved, url: 1 }), 'a url that is no text'],
    [JSON.stringify({ ...saved, asked: [] }), 'a place that is no text'],
    [JSON.stringify({ ...saved, status: 'idle' }), 'another status'],
  ])('takes %s for nothing: %s', (json) => {
    const storage = createTestStorage()
    storage.kept.set('chat', json)
    expect(createSavedStreamSlot(() => storage, 'chat').load()).toBeUndefined()
  })
})
