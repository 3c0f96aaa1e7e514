import { describe, expect, it } from 'vitest'
import { readBody } from './read-body.ts'
import { createBody, settle } from './test-kit.ts'

const FOREVER = new AbortController().signal

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

describe('readBody', () => {
  it('hands on all bytes, large reads in slices', async () => {
    const body = createBody()
    body.send('a')
    body.send('b'.repeat(40_000))
    body.finish('end')
    const sizes: number[] = []
    const end = await readBody(body.stream, FOREVER, (bytes) => void sizes.push(bytes.length))
    expect(end).toBeUndefined()
    expect(sizes).toEqual([1, 16_384, 16_384, 7232])
  })

  it('reads nothing more before what it has was taken', async () => {
    const body = createBody()
    for (const chunk of ['a', 'b', 'c']) body.send(chunk)
    let go = () => {}
    const taken: string[] = []
    void readBody(body.stream, FOREVER, async (bytes) => {
      taken.push(text(bytes))
      await new Promise<void>((resolve) => {
        go = resolve
      })
    })
    await settle()
    expect([taken, body.taken]).toEqual([['a'], 1])
    go()
    await settle()
    expect([taken, body.taken]).toEqual([['a', 'b'], 2])
  })

  it('ends with what take gives, and lets the body go', async () => {
    const body = createBody()
    body.send('a')
    body.send('b')
    expect(await readBody(body.stream, FOREVER, (bytes) => text(bytes))).toBe('a')
    expect(body.isCancelled).toBe(true)
  })

  it('rejects when the body breaks, and lets it go when take throws', async () => {
    const broken = createBody()
    broken.finish('break')
    await expect(readBody(broken.stream, FOREVER, () => undefined)).rejects.toThrow('terminated')
    const body = createBody()
    body.send('a')
    const failing = readBody(body.stream, FOREVER, () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(body.isCancelled).toBe(true)
  })

  it('rejects with the reason of the signal, in the middle of a wait too', async () => {
    const body = createBody()
    const controller = new AbortController()
    const reading = readBody(body.stream, controller.signal, () => undefined)
    await settle()
    controller.abort(new Error('left'))
    await expect(reading).rejects.toThrow('left')
    expect(body.isCancelled).toBe(true)
    const never = createBody()
    await expect(readBody(never.stream, controller.signal, () => undefined)).rejects.toThrow('left')
    expect(never.isCancelled).toBe(true)
  })

  it('tells when it waits, and no longer', async () => {
    const body = createBody()
    const said: string[] = []
    const wait = () => {
      said.push('waits')
      return () => said.push('came')
    }
    const reading = readBody(body.stream, FOREVER, () => void said.push('took'), wait)
    body.send('a')
    body.finish('break')
    await expect(reading).rejects.toThrow()
    expect(said).toEqual(['waits', 'came', 'took', 'waits', 'came'])
  })
})
