import { describe, expect, it } from 'vitest'
import { emptyLog, makeConnection, serveStream } from '../../test/connection-kit.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createScriptedSource } from '../testing/scripted-source.ts'

const OPTIONS = { profile: 'openai' } as const

/** What a client reads last. */
const lastIn = (text: string) => text.trimEnd().split('\n\n').at(-1)

describe('a connection in a profile that cannot resume', () => {
  it('stays to its end when others are sent to another instance', async () => {
    const { connection, sink, clock, append, end } = makeConnection({ options: OPTIONS })
    connection.start()
    append({ delta: 'a' })
    await clock.advance(0)
    connection.moveOn()
    append({ delta: 'b' })
    await clock.advance(0)
    expect(sink.ended).toBe(false)
    end()
    expect(await connection.done).toMatchObject({ reason: 'complete', lost: undefined, chunks: 2 })
    expect(sink.text).not.toContain('retry')
    expect(lastIn(sink.text)).toBe('data: [DONE]')
  })

  it('stops its source as soon as it leaves, though streams can be resumed by others', async () => {
    const clock = createFakeClock()
    const { source } = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }], clock)
    const { sink, stream, connection } = serveStream(source, { clock, options: OPTIONS })
    await clock.advance(0)
    sink.close()
    expect(await connection.done).toMatchObject({ reason: 'client-left' })
    expect(stream.ended).toBe(true)
    expect((await stream.done).reason).toBe('client-left')
  })

  it('lets its source go on where the application says so', async () => {
    const clock = createFakeClock()
    const { source } = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }], clock)
    const options = { ...OPTIONS, onDisconnect: 'continue' } as const
    const { sink, stream } = serveStream(source, { clock, options })
    await clock.advance(0)
    sink.close()
    expect(stream.ended).toBe(false)
    await clock.advance(31_000)
    expect(stream.ended).toBe(true)
  })

  it('leaves with an error a stream whose records were gone before it had read them', async () => {
    const log = emptyLog(200)
    const { connection, sink, clock, append } = makeConnection({
      options: OPTIONS,
      log,
      isFirst: false,
    })
    for (let n = 1; n <= 20; n++) {
      append({ delta: 'dropped' })
      log.passed(n)
    }
    expect(log.firstSeq).toBeGreaterThan(1)
    connection.start()
    await clock.advance(0)
    expect(await connection.done).toMatchObject({ reason: 'overflow', lost: 'overflow' })
    expect(lastIn(sink.text)).toContain('"code":"overflow"')
    expect(sink.text).not.toContain('[DONE]')
  })

  it('keeps a quiet line open with comments that end no block', async () => {
    const { connection, sink, clock, append } = makeConnection({ options: OPTIONS })
    connection.start()
    append({ delta: 'a' })
    await clock.advance(16_000)
    expect(sink.writes.at(-1)).toBe(': ping\n')
  })
})
