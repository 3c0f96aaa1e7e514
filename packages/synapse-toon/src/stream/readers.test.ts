import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Readers } from './readers.ts'

class TestReader {
  holdsBack = false
}

let readers: Readers

beforeEach(() => {
  readers = new Readers()
})

function added(holdsBack = false): TestReader {
  const reader = new TestReader()
  reader.holdsBack = holdsBack
  readers.add(reader)
  return reader
}

function turn(reader: TestReader, holdsBack: boolean): void {
  reader.holdsBack = holdsBack
  readers.changed(reader)
}

/** @returns whether a producer that waits now is woken by `change` */
async function wakes(change: () => void): Promise<boolean> {
  const woken = vi.fn()
  void readers.room().then(woken)
  change()
  await null
  await null
  return woken.mock.calls.length > 0
}

describe('Readers', () => {
  it('nobody holds back where nobody reads', () => {
    expect(readers.size).toBe(0)
    expect(readers.allHoldBack).toBe(false)
  })

  it('all hold back only when each one does', () => {
    const first = added()
    const second = added()
    turn(first, true)
    expect(readers.allHoldBack).toBe(false)
    turn(second, true)
    expect(readers.allHoldBack).toBe(true)
    turn(first, false)
    expect(readers.allHoldBack).toBe(false)
  })

  it('counts a reader that already holds back when it comes', () => {
    const reader = added(true)
    expect(readers.allHoldBack).toBe(true)
    turn(reader, false)
    expect(readers.allHoldBack).toBe(false)
  })

  it('all hold back once the only one with room leaves', () => {
    const quick = added()
    added(true)
    expect(readers.allHoldBack).toBe(false)
    expect(readers.remove(quick)).toBe(true)
    expect(readers.allHoldBack).toBe(true)
  })

  it('forgets that a reader held back when it leaves', () => {
    const slow = added(true)
    readers.remove(slow)
    expect(readers.allHoldBack).toBe(false)
    added()
    expect(readers.allHoldBack).toBe(false)
  })

  it('does not count the changes of a reader that has left', () => {
    const gone = added()
    const stays = added()
    readers.remove(gone)
    turn(gone, true)
    expect(readers.allHoldBack).toBe(false)
    turn(stays, true)
    expect(readers.allHoldBack).toBe(true)
    turn(gone, false)
    expect(readers.allHoldBack).toBe(true)
  })

  it('says whether the one to remove was there', () => {
    const reader = added()
    expect(readers.remove(reader)).toBe(true)
    expect(readers.remove(reader)).toBe(false)
    expect(readers.size).toBe(0)
  })

  it('wakes a waiting producer at each change that may have made room', async () => {
    const reader = added(true)
    expect(await wakes(() => turn(reader, false))).toBe(true)
    expect(await wakes(() => void added())).toBe(true)
    expect(await wakes(() => readers.remove(reader))).toBe(true)
    expect(await wakes(() => readers.wake())).toBe(true)
  })

  it('does not wake it at a change that makes none', async () => {
    const reader = added()
    expect(await wakes(() => turn(reader, true))).toBe(false)
    expect(await wakes(() => readers.remove(new TestReader()))).toBe(false)
  })
})
