import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SettingError } from '../setting-error.ts'
import { chunk, finish, sourceContext, tempFolder } from '../test-kit.ts'
import { createReplaySource } from './replay.ts'
import { UpstreamError } from './upstream-error.ts'

const jsonl = (...values: unknown[]) => values.map((one) => JSON.stringify(one)).join('\n')

describe('a replay', () => {
  it('plays its recording from the start for every question', async () => {
    const folder = tempFolder({ 'a.jsonl': jsonl(chunk('Hel'), chunk('lo'), finish()) })
    const source = await createReplaySource({ file: join(folder, 'a.jsonl'), intervalMs: 0 })
    expect(source).toMatchObject({ kind: 'replay', name: 'a.jsonl' })
    expect(source.note).toContain('3 events')
    for (let run = 0; run < 2; run++) {
      const deltas: unknown[] = []
      for await (const one of source.open([], sourceContext()) as AsyncIterable<object>) {
        deltas.push(source.transform(one)?.delta)
      }
      expect(deltas).toEqual(['Hel', 'lo', ''])
    }
  })

  it('throws a recorded error where it was sent', async () => {
    const folder = tempFolder({ 'a.jsonl': jsonl(chunk('a'), { error: { message: 'Oh' } }) })
    const source = await createReplaySource({ file: join(folder, 'a.jsonl'), intervalMs: 0 })
    const chunks = source.open([], sourceContext()) as AsyncGenerator
    expect((await chunks.next()).done).toBe(false)
    await expect(chunks.next()).rejects.toThrow(UpstreamError)
  })

  it('stops in a pause when its signal fires', async () => {
    const folder = tempFolder({ 'a.jsonl': jsonl(chunk('a'), chunk('b')) })
    const source = await createReplaySource({ file: join(folder, 'a.jsonl'), intervalMs: 60_000 })
    const controller = new AbortController()
    const chunks = source.open([], sourceContext(controller.signal)) as AsyncGenerator
    await chunks.next()
    const next = chunks.next()
    controller.abort()
    await expect(next).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each([
    ['missing.jsonl', 'ENOENT'],
    ['notes.md', '.jsonl or .sse'],
    ['anthropic.jsonl', 'chat.completion.chunk'],
  ])('of %s is refused with the file and the cure', async (name, why) => {
    const folder = tempFolder({ 'notes.md': '# Notes', 'anthropic.jsonl': '{"type":"ping"}' })
    const file = join(folder, name)
    const failed = createReplaySource({ file, intervalMs: 0 })
    await expect(failed).rejects.toThrow(SettingError)
    await expect(failed).rejects.toThrow(why)
    await expect(failed).rejects.toThrow('give a recording of an OpenAI chat stream')
  })
})
