import { describe, expect, it } from 'vitest'
import { END_SEQ } from '../wire/event-id.ts'
import { ConnectError, GoneError, HttpStatusError, TruncatedStreamError } from './errors.ts'
import {
  done,
  EVENT_STREAM,
  frame,
  idOf,
  read,
  STREAM_ID,
  settle,
  textOf,
  update,
} from './test-kit.ts'

const PRODUCER_LOST = { code: 'producer-lost', message: 'gone', retryable: true }

const ADDRESS = `http://test.example/streams/${STREAM_ID}`

describe('a stream of our own protocol', () => {
  it('is read to its end, and says how it ended', async () => {
    const reading = await read([{ body: [update(1), update(2), done(3)] }])
    expect(textOf(reading)).toBe('1 2 ')
    expect(reading.isOver).toBe(true)
    expect(reading.error).toBeUndefined()
    expect(reading.stream.state).toBe('closed')
    expect(await reading.stream.done).toMatchObject({
      reason: 'complete',
      streamId: STREAM_ID,
      lastEventId: idOf(3),
      text: '1 2 ',
      events: 2,
      resumes: 0,
      gaps: 0,
      firstEventMs: 0,
      durationMs: 0,
    })
    expect(reading.statuses.map(({ type }) => type)).toEqual(['connecting', 'open', 'closed'])
  })

  it('goes on at its own address, with GET and the last id, when it was cut', async () => {
    const reading = await read(
      [{ body: [update(1), update(2)], end: 'break' }, { body: [update(3), done(4)] }],
      { body: { message: 'hi' } },
    )
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 2 3 ')
    expect(reading.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://test.example/chat',
      `GET ${ADDRESS}`,
    ])
    const [first, second] = reading.asked
    expect(first!.body).toBe('{"message":"hi"}')
    expect(first!.headers.get('content-type')).toBe('application/json')
    expect(first!.headers.get('last-event-id')).toBeNull()
    expect(second!.body).toBeUndefined()
    expect(second!.headers.get('last-event-id')).toBe(idOf(2))
    expect((await reading.stream.done).resumes).toBe(1)
  })

  it('goes on at the address that was asked where the response names none', async () => {
    const headers = { 'Content-Location': '' }
    const reading = await read([
      { body: [update(1)], end: 'break', headers },
      { body: [update(2), done(3)], headers },
    ])
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 2 ')
    expect(reading.asked[1]!.url).toBe('http://test.example/chat')
    expect(reading.asked[1]!.headers.get('last-event-id')).toBe(idOf(1))
  })

  it('drops what comes again', async () => {
    const reading = await read([
      { body: [update(1), update(2)], end: 'break' },
      { body: [update(1), update(2), update(3), done(4)] },
    ])
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 2 3 ')
    expect(reading.stream.stats.dropped).toBe(2)
  })

  it('is truncated when it ends in order without its end, after resume was tried', async () => {
    const cut = { body: [update(1)] }
    const reading = await read([cut, cut, cut, cut], { reconnect: { maxAttempts: 3 } })
    for (let n = 0; n < 4; n++) await reading.clock.advance(20_000)
    expect(reading.asked).toHaveLength(4)
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_TRUNCATED',
      status: 200,
      retryable: true,
      text: '1 ',
      gaps: [],
    })
    expect(textOf(reading)).toBe('1 ')
    await expect(reading.stream.done).rejects.toBe(reading.error)
  })

  it('waits longer and longer, and from the start again once an event has come', async () => {
    const broken = { end: 'break' } as const
    const reading = await read([
      broken,
      broken,
      broken,
      { body: [update(1)], end: 'break' },
      { body: [done(2)] },
    ])
    for (let n = 0; n < 4; n++) await reading.clock.advance(1000)
    expect(reading.delays).toEqual([250, 500, 1000, 250])
    expect(reading.isOver).toBe(true)
  })

  it('leaves part of each wait to chance', async () => {
    const reading = await read([{ end: 'break' }, { body: [done(1)] }], { random: 1 })
    expect(reading.delays).toEqual([125])
  })

  it('comes back when the server asks for it with retry, not before', async () => {
    const reading = await read([
      { body: [`${update(1)}retry: 2000\n\n`] },
      { body: [update(2), done(3)] },
    ])
    await reading.clock.advance(1999)
    expect(reading.asked).toHaveLength(1)
    await reading.clock.advance(1)
    expect(textOf(reading)).toBe('1 2 ')
  })

  it.each([
    ['retry: 999999999999', 300_000],
    [`retry: ${'9'.repeat(400)}`, 300_000],
    ['retry: 0', 0],
  ])('waits no longer than five minutes, whatever it is told: %s', async (line, delay) => {
    const reading = await read([{ body: [`${line}\n\n${update(1)}`] }, { body: [done(2)] }])
    expect(reading.delays).toEqual([delay])
  })

  it('ends at an end whose position is lower than the last event, since a log may lose its last records', async () => {
    const lost = frame(2, 'error', { code: 'producer-lost', message: 'gone', retryable: true })
    const reading = await read([
      { body: [update(1), update(2), update(3)], end: 'break' },
      { body: [lost] },
    ])
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 2 3 ')
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_STREAM_FAILED',
      reason: 'producer-lost',
      message: 'gone',
      retryable: true,
      status: 200,
      text: '1 2 3 ',
      data: { code: 'producer-lost', message: 'gone', retryable: true },
    })
  })

  it.each([
    ['says so again', { body: [frame(END_SEQ, 'error', PRODUCER_LOST)] }],
    ['has nothing more', { status: 204, headers: { 'X-Synapse-TOON-End': 'producer-lost' } }],
  ])(
    'resumed from the id of an end that nobody can place, has no gap: the server %s',
    async (_how, answer) => {
      const reading = await read([answer], { lastEventId: idOf(END_SEQ) })
      expect(reading.asked[0]!.headers.get('last-event-id')).toBe(idOf(END_SEQ))
      expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_STREAM_FAILED', retryable: true })
      expect(reading.error).toMatchObject({ reason: 'producer-lost' })
      expect(reading.stream.stats).toMatchObject({ gaps: 0, events: 0 })
      expect(reading.statuses.map(({ type }) => type)).not.toContain('gap')
    },
  )

  it('has no gap before the end of a producer that is lost, whose position nobody knows', async () => {
    const reading = await read([
      { body: [update(1), update(2), frame(END_SEQ, 'error', PRODUCER_LOST)] },
    ])
    expect(reading.error).toMatchObject({ reason: 'producer-lost', text: '1 2 ' })
    expect(reading.stream.stats.gaps).toBe(0)
    expect(reading.stream.lastEventId).toBe(idOf(2))
  })

  it('is told of cancelled as an end in order', async () => {
    const reading = await read([{ body: [update(1), done(2, 'cancelled')] }])
    expect(reading.error).toBeUndefined()
    expect((await reading.stream.done).reason).toBe('cancelled')
  })

  it('gives the usage that the end tells', async () => {
    const end = frame(2, 'done', { reason: 'complete', chunks: 1, usage: { total: 7 } })
    const reading = await read([{ body: [update(1), end] }])
    expect((await reading.stream.done).usage).toEqual({ total: 7 })
  })

  it('does not mix two streams: an answer of another one is refused', async () => {
    const other = '00000000-0000-8000-8000'
    const reading = await read([
      { body: [update(1)], end: 'break' },
      { body: [update(2)], headers: { 'X-Synapse-TOON-Stream': other }, end: 'hang' },
    ])
    await reading.clock.advance(250)
    expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_PROTOCOL', text: '1 ' })
    expect((reading.error as Error).message).toContain(other)
  })

  it('refuses an id that is not ours, and one of another stream', async () => {
    for (const id of ['7', `00000000-0000-8000-8000-${'1'.padStart(12, '0')}`]) {
      const reading = await read([
        { body: [`id: ${id}\nevent: update\ndata: {}\n\n`], end: 'hang' },
      ])
      expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_PROTOCOL' })
      expect(reading.bodies[0]!.isCancelled).toBe(true)
    }
  })

  it('goes on from an earlier reading, whose id the first request carries', async () => {
    const reading = await read([{ body: [update(4), done(5)] }], { lastEventId: idOf(3) })
    expect(reading.asked[0]!.headers.get('last-event-id')).toBe(idOf(3))
    expect(textOf(reading)).toBe('4 ')
    expect(reading.stream.stats.gaps).toBe(0)
  })
})

describe('holes', () => {
  const gap = (from: number, to: number) => frame(to, 'gap', { from, to })

  it('that the server tells are told, and the stream does not count as whole', async () => {
    const reading = await read([{ body: [update(1), gap(2, 5), update(6), done(7)] }])
    expect(textOf(reading)).toBe('1 6 ')
    expect(reading.events[1]!.gap).toEqual({ from: 2, to: 5, lost: true })
    expect(reading.statuses).toContainEqual({ type: 'gap', from: 2, to: 5, lost: true })
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
    expect(reading.error).toMatchObject({
      gaps: [{ from: 2, to: 5, lost: true }],
      message: 'positions 2 to 5 are lost',
    })
  })

  it('are lost where a response begins with one: nothing has waited for it', async () => {
    const reading = await read([
      { body: [update(1)], end: 'break' },
      { body: [update(3), done(4)] },
    ])
    await reading.clock.advance(250)
    expect(reading.events[1]!.gap).toEqual({ from: 2, to: 2, lost: true })
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
  })

  it('within a response may be merged events: told, and nothing is missing', async () => {
    const reading = await read([{ body: [update(1), update(4), done(5)] }])
    expect(reading.events[1]!.gap).toEqual({ from: 2, to: 3, lost: false })
    expect(reading.error).toBeUndefined()
    expect((await reading.stream.done).gaps).toBe(1)
  })

  it('before the end are lost, since ends are never merged', async () => {
    const reading = await read([{ body: [update(1), done(4)] }])
    expect(reading.error).toMatchObject({ gaps: [{ from: 2, to: 3, lost: true }] })
  })

  it('of a cancelled stream are no reason to fail', async () => {
    const reading = await read([{ body: [update(1), gap(2, 3), done(4, 'cancelled')] }])
    expect(reading.error).toBeUndefined()
  })

  it('told again after a reconnect are told once', async () => {
    const reading = await read([
      { body: [update(1), gap(2, 3)], end: 'break' },
      { body: [gap(2, 3), update(4), done(5)] },
    ])
    await reading.clock.advance(250)
    expect(reading.stream.stats.gaps).toBe(1)
    expect(reading.events[1]!.gap).toEqual({ from: 2, to: 3, lost: true })
  })
})

describe('a request that is not a GET', () => {
  it.each([
    ['a lost connection', new TypeError('fetch failed'), ConnectError],
    ['503', { status: 503, headers: { 'Retry-After': '0' } }, HttpStatusError],
    ['429', { status: 429, headers: { 'retry-after-ms': '5' } }, HttpStatusError],
    ['401', { status: 401 }, HttpStatusError],
  ])('is sent once, whatever becomes of it: %s', async (_what, answer, kind) => {
    const reading = await read([answer], { body: {}, headers: () => ({}) })
    await reading.clock.advance(100_000)
    expect(reading.asked).toHaveLength(1)
    expect(reading.error).toBeInstanceOf(kind)
  })

  it('is sent once where it was answered without an address, and says so', async () => {
    const reading = await read(
      [{ body: [update(1)], end: 'break', headers: { 'Content-Location': '' } }],
      { method: 'post' },
    )
    await reading.clock.advance(100_000)
    expect(reading.asked.map(({ method }) => method)).toEqual(['POST'])
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
    expect((reading.error as Error).message).toBe(
      'the connection broke; a POST is sent once, and no Content-Location tells where to go on',
    )
    expect((reading.error as Error).cause).toBeInstanceOf(TruncatedStreamError)
  })

  it('never goes on at another origin, whose business our headers are not', async () => {
    const reading = await read(
      [
        {
          body: [update(1)],
          end: 'break',
          headers: { 'Content-Location': 'https://elsewhere.example/x' },
        },
      ],
      { body: {} },
    )
    await reading.clock.advance(100_000)
    expect(reading.asked).toHaveLength(1)
  })

  it('goes on with GET even before the first event, from the start', async () => {
    const reading = await read([{ end: 'break' }, { body: [update(1), done(2)] }], { body: {} })
    await reading.clock.advance(250)
    expect(reading.asked[1]).toMatchObject({ method: 'GET', url: ADDRESS })
    expect(reading.asked[1]!.headers.has('last-event-id')).toBe(false)
    expect(textOf(reading)).toBe('1 ')
  })
})

describe('a GET that was answered, without an event and without an address', () => {
  it('is not sent again: that would begin another answer', async () => {
    const reading = await read([{ end: 'break', headers: { 'Content-Location': '' } }])
    await reading.clock.advance(100_000)
    expect(reading.asked).toHaveLength(1)
    expect((reading.error as Error).message).toBe(
      'the connection broke; no event id tells where to go on',
    )
  })
})

describe('a plain event stream', () => {
  const plain = { headers: EVENT_STREAM, plain: true } as const
  const message = (id: number | string) => `id: ${id}\ndata: {"delta":"${id} "}\n\n`

  it('is told by the head of its response, and comes back after every end', async () => {
    const reading = await read([
      { ...plain, body: [message(1)] },
      { ...plain, body: [message(2)], end: 'break' },
      { status: 204 },
    ])
    await reading.clock.advance(3000)
    await reading.clock.advance(3000)
    expect(textOf(reading)).toBe('1 2 ')
    expect(reading.statuses).toContainEqual({
      type: 'open',
      protocol: 'eventsource',
      streamId: undefined,
      resumed: false,
    })
    expect(reading.asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([
      null,
      '1',
      '2',
    ])
    expect(reading.delays).toEqual([3000, 3000])
    expect(await reading.stream.done).toMatchObject({ reason: 'nothing-more', lastEventId: '2' })
  })

  it('drops ids that were seen before a reconnect, and not those that come twice in one response', async () => {
    const reading = await read([
      { ...plain, body: [message(1), message(1), message(2)], end: 'break' },
      { ...plain, body: [message(1), message(2), message(3), message(3)] },
      { status: 204 },
    ])
    await reading.clock.advance(3000)
    await reading.clock.advance(3000)
    expect(textOf(reading)).toBe('1 1 2 3 3 ')
  })

  it('comes back without an id too', async () => {
    const reading = await read([
      { ...plain, body: ['data: {"delta":"a"}\n\n'] },
      { ...plain, body: ['data: {"delta":"a"}\n\n'] },
      { status: 204 },
    ])
    await reading.clock.advance(3000)
    await reading.clock.advance(3000)
    expect(textOf(reading)).toBe('aa')
  })

  it('comes back for ever once it was open, and only for a while before', async () => {
    const fails = Array(40).fill(new TypeError('fetch failed'))
    const feed = await read([{ ...plain, body: [message(1)] }, ...fails.slice(2), { status: 204 }])
    for (let n = 0; n < 40; n++) await feed.clock.advance(15_000)
    expect(feed.asked).toHaveLength(40)
    expect(feed.isOver).toBe(true)
    expect(feed.error).toBeUndefined()
    const never = await read(fails, { protocol: 'eventsource' })
    for (let n = 0; n < 12; n++) await never.clock.advance(15_000)
    expect(never.asked).toHaveLength(11)
    expect(never.error).toBeInstanceOf(ConnectError)
  })

  it('of a POST ends with its response, and says that nothing tells whether it was whole', async () => {
    const reading = await read([{ ...plain, body: [message(1)] }], { body: {} })
    expect(reading.isOver).toBe(true)
    expect((await reading.stream.done).reason).toBe('end-of-response')
  })

  it('of a POST is truncated when it breaks', async () => {
    const reading = await read([{ ...plain, body: [message(1)], end: 'break' }], { body: {} })
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
  })

  it('ends with the data that terminal names', async () => {
    const options = { terminal: '[DONE]' }
    const reading = await read([{ ...plain, body: [message(1), 'data: [DONE]\n\n'] }], options)
    expect(textOf(reading)).toBe('1 ')
    expect((await reading.stream.done).reason).toBe('complete')
  })

  it('with a terminal is truncated by a clean end without it', async () => {
    const reading = await read([{ ...plain, body: [message(1)] }], { terminal: '[DONE]' })
    expect(reading.asked).toHaveLength(1)
    expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_TRUNCATED', text: '1 ' })
  })

  it('with a terminal goes on after a break, from its id', async () => {
    const reading = await read(
      [
        { ...plain, body: [message(1)], end: 'break' },
        { ...plain, body: [message(1), message(2), 'data: [DONE]\n\n'] },
      ],
      { terminal: '[DONE]' },
    )
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 2 ')
    expect(reading.asked[1]!.headers.get('last-event-id')).toBe('1')
  })

  it('with a terminal and without ids does not begin another answer after a break', async () => {
    const body = ['data: {"delta":"a"}\n\n']
    const reading = await read([{ ...plain, body, end: 'break' }], { terminal: '[DONE]' })
    await reading.clock.advance(100_000)
    expect(reading.asked).toHaveLength(1)
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
  })

  it('sends no id after one that was reset', async () => {
    const reading = await read(
      [{ ...plain, body: ['id: 7\ndata: {}\n\nid\n\n'] }, { status: 204 }],
      { lastEventId: '3' },
    )
    await reading.clock.advance(3000)
    expect(reading.asked.map(({ headers }) => headers.get('last-event-id'))).toEqual(['3', null])
  })

  it('sends an id beyond ASCII as UTF-8, one character for each byte', async () => {
    const reading = await read([{ ...plain, body: [message('é😀')] }, { status: 204 }])
    await reading.clock.advance(3000)
    const sent = reading.asked[1]!.headers.get('last-event-id')!
    expect(Buffer.from(sent, 'latin1').toString('utf8')).toBe('é😀')
  })

  it('gives its data as it is under the encoding text', async () => {
    const reading = await read(
      [{ ...plain, body: ['data: It is\ndata: noon\n\n'] }, { status: 204 }],
      {
        encoding: 'text',
      },
    )
    expect(reading.events[0]).toEqual({
      event: 'message',
      payload: 'It is\nnoon',
      data: 'It is\nnoon',
      id: '',
    })
    expect(reading.asked[0]!.headers.has('x-synapse-toon-encoding')).toBe(false)
    reading.stream.close()
  })
})

describe('refusals', () => {
  it('401 is tried once more, at once, with fresh headers', async () => {
    let token = 0
    const headers = async () => ({ Authorization: `Bearer ${++token}` })
    const ok = await read([{ status: 401 }, { body: [update(1), done(2)] }], { headers })
    expect(ok.asked.map((one) => one.headers.get('authorization'))).toEqual([
      'Bearer 1',
      'Bearer 2',
    ])
    expect(ok.delays).toEqual([0])
    expect(textOf(ok)).toBe('1 ')
    const refused = await read([{ status: 401 }, { status: 401 }], { headers })
    expect(refused.asked).toHaveLength(2)
    expect(refused.error).toMatchObject({ code: 'ERR_SYNAPSE_HTTP_STATUS', status: 401 })
  })

  it('401 is final where the headers would be the same', async () => {
    const reading = await read([{ status: 401 }], { headers: { Authorization: 'Bearer 1' } })
    expect(reading.asked).toHaveLength(1)
    expect(reading.error).toMatchObject({ status: 401, retryable: false })
  })

  it('401 may come again after an answer in between', async () => {
    const reading = await read(
      [{ status: 401 }, { body: [update(1)], end: 'break' }, { status: 401 }, { body: [done(2)] }],
      { headers: () => ({}) },
    )
    await reading.clock.advance(250)
    expect(reading.isOver).toBe(true)
    expect(reading.error).toBeUndefined()
  })

  it.each([
    [429, { 'Retry-After': '7' }, 7000],
    [503, { 'Retry-After': '7' }, 7000],
    [502, {}, 250],
    [504, { 'Retry-After': '0' }, 250],
    [429, { 'retry-after-ms': '1500', 'Retry-After': '9' }, 1500],
    [503, { 'Retry-After': 'Thu, 01 Jan 1970 00:01:10 GMT' }, 10_000],
    [503, { 'Retry-After': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 250],
    [503, { 'Retry-After': 'soon' }, 250],
    [503, { 'Retry-After': '-5' }, 250],
  ])('%i with %j is tried again, not before it says', async (status, headers, delay) => {
    const script = [{ status, headers }, { body: [update(1), done(2)] }]
    const reading = await read(script, { wallNow: 60_000 })
    expect(reading.delays).toEqual([delay])
    await reading.clock.advance(delay - 1)
    expect(reading.asked).toHaveLength(1)
    await reading.clock.advance(1)
    expect(textOf(reading)).toBe('1 ')
  })

  it.each(['999999999', `1${'0'.repeat(400)}`, 'Thu, 01 Jan 2170 00:00:00 GMT'])(
    'a server that asks to wait for ages is not waited for: %s',
    async (value) => {
      const reading = await read([{ status: 429, headers: { 'Retry-After': value } }])
      expect(reading.error).toMatchObject({ status: 429, retryable: true })
      expect((reading.error as HttpStatusError).retryAfter).toBeGreaterThan(300_000)
    },
  )

  it('is given up after as many attempts in a row as are allowed', async () => {
    const busy = { status: 503, body: ['{"error":"busy"}'] }
    const reading = await read([busy, busy, busy], { reconnect: { maxAttempts: 2 } })
    await reading.clock.advance(10_000)
    expect(reading.asked).toHaveLength(3)
    expect(reading.error).toMatchObject({
      status: 503,
      retryable: true,
      body: { error: 'busy' },
      message: 'status 503: busy',
    })
  })

  it('is not tried again with maxAttempts 0', async () => {
    const reading = await read([{ status: 503 }], { reconnect: { maxAttempts: 0 } })
    expect(reading.isOver).toBe(true)
    expect(reading.delays).toEqual([])
  })

  it.each([400, 403, 404, 500, 201, 304])('%i is final', async (status) => {
    const reading = await read(
      [{ status, body: status === 304 ? [] : ['no'] }].map((answer) =>
        status === 304 ? new Response(null, { status }) : answer,
      ),
    )
    expect(reading.asked).toHaveLength(1)
    expect(reading.error).toBeInstanceOf(HttpStatusError)
    expect(reading.error).toMatchObject({ status })
  })

  it('410 says that the stream is gone', async () => {
    const body = ['{"error":"stream is unknown","code":"ERR_SYNAPSE_STREAM_GONE"}']
    const reading = await read([
      { body: [update(1)], end: 'break' },
      { status: 410, body },
    ])
    await reading.clock.advance(250)
    expect(reading.error).toBeInstanceOf(GoneError)
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_GONE',
      status: 410,
      text: '1 ',
      retryable: false,
      message: 'status 410: stream is unknown',
    })
  })

  it('HTML with 200 is told from a stream, with what it says', async () => {
    const headers = { 'Content-Type': 'text/html' }
    const reading = await read([{ plain: true, headers, body: ['<h1>Sign in</h1>'] }])
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_CONTENT_TYPE',
      contentType: 'text/html',
      body: '<h1>Sign in</h1>',
      status: 200,
    })
  })

  it('a redirect loop, or no network, is a ConnectError that keeps the reason', async () => {
    const cause = new TypeError('fetch failed', { cause: new Error('redirect count exceeded') })
    const reading = await read([cause, cause], { reconnect: { maxAttempts: 1 } })
    await reading.clock.advance(1000)
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_CONNECT',
      message: 'no response: redirect count exceeded',
      cause,
      retryable: true,
      status: undefined,
    })
  })

  it('after the first events is still half an answer, whatever the last attempt met', async () => {
    const script = [{ body: [update(1)], end: 'break' as const }, new TypeError('offline')]
    const reading = await read(script, { reconnect: { maxAttempts: 1 } })
    await reading.clock.advance(1000)
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
    expect(reading.error).toMatchObject({
      message: 'no response: offline; nothing more came',
      text: '1 ',
    })
    expect((reading.error as Error).cause).toBeInstanceOf(ConnectError)
  })
})

describe('204', () => {
  it.each(['complete', 'cancelled'])('that says %s is an end in order', async (reason) => {
    const reading = await read([
      { body: [update(1)], end: 'break' },
      { status: 204, headers: { 'X-Synapse-TOON-End': reason } },
    ])
    await reading.clock.advance(250)
    expect(reading.error).toBeUndefined()
    expect((await reading.stream.done).reason).toBe(reason)
  })

  it.each([
    ['shutdown', true],
    ['source-error', false],
  ])('that says %s is a failure', async (reason, retryable) => {
    const headers = { 'X-Synapse-TOON-End': reason }
    const reading = await read([{ status: 204, headers }], { lastEventId: idOf(3) })
    expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_STREAM_FAILED', reason, retryable })
  })

  it('that says nothing is not taken for the end of a stream of ours', async () => {
    const reading = await read([{ body: [update(1)], end: 'break' }, { status: 204 }])
    await reading.clock.advance(250)
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
  })

  it('ends a plain event stream at the first request too', async () => {
    const reading = await read([{ status: 204 }])
    expect((await reading.stream.done).reason).toBe('nothing-more')
    expect((await reading.stream.done).resumes).toBe(0)
  })

  it('is no answer of a provider', async () => {
    const reading = await read([{ status: 204 }], { protocol: 'openai' })
    expect(reading.error).toMatchObject({ code: 'ERR_SYNAPSE_HTTP_STATUS', status: 204 })
  })
})

describe('time', () => {
  it('no head in timeouts.connect is a lost attempt', async () => {
    const reading = await read(['hang', { body: [update(1), done(2)] }])
    await reading.clock.advance(29_999)
    expect(reading.delays).toEqual([])
    await reading.clock.advance(1)
    expect(reading.asked[0]!.signal.aborted).toBe(true)
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 ')
    const post = await read(['hang'], { body: {}, timeouts: { connect: 100 } })
    await post.clock.advance(100)
    expect(post.error).toMatchObject({
      code: 'ERR_SYNAPSE_CONNECT',
      message: 'no response in timeouts.connect, 100 ms',
    })
  })

  it('headers that never come are held to timeouts.connect too', async () => {
    const reading = await read([], {
      headers: () => new Promise(() => {}),
      timeouts: { connect: 100 },
      reconnect: { maxAttempts: 0 },
    })
    await reading.clock.advance(100)
    expect(reading.error).toBeInstanceOf(ConnectError)
    expect(reading.asked).toEqual([])
  })

  it('headers that fail are a lost attempt', async () => {
    let calls = 0
    const reading = await read([{ body: [done(1)] }], {
      headers: () => {
        if (calls++ === 0) throw new Error('no token')
        return {}
      },
    })
    expect(reading.statuses.at(-1)).toMatchObject({
      type: 'waiting',
      error: { message: 'no response: no token' },
    })
    await reading.clock.advance(250)
    expect(reading.isOver).toBe(true)
  })

  it('an error body that never ends does not hold up its status', async () => {
    const reading = await read([{ status: 500, body: ['half'], end: 'hang' }])
    await reading.clock.advance(30_000)
    expect(reading.isOver).toBe(true)
  })

  it('heartbeats keep the line, and not the content', async () => {
    const reading = await read([{ body: [update(1)], end: 'hang' }], {
      timeouts: { lineIdle: 45_000, contentIdle: 120_000 },
    })
    for (let n = 0; n < 7; n++) {
      await reading.clock.advance(15_000)
      reading.bodies[0]!.send(': ping\n')
      await settle()
    }
    expect(reading.isOver).toBe(false)
    await reading.clock.advance(15_000)
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_IDLE_TIMEOUT',
      kind: 'content',
      message: 'no content in timeouts.contentIdle, 120000 ms',
      retryable: true,
      text: '1 ',
    })
    // A silent source is silent on any line: it was not asked again.
    expect(reading.asked).toHaveLength(1)
    expect(reading.bodies[0]!.isCancelled).toBe(true)
  })

  it('a line that falls silent is replaced by another', async () => {
    const reading = await read([{ body: [update(1)], end: 'hang' }, { body: [update(2), done(3)] }])
    await reading.clock.advance(30_000)
    reading.bodies[0]!.send(': ping\n')
    await reading.clock.advance(44_999)
    expect(reading.asked).toHaveLength(1)
    await reading.clock.advance(1)
    expect(reading.statuses.at(-1)).toMatchObject({
      type: 'waiting',
      error: { kind: 'line', message: 'no line in timeouts.lineIdle, 45000 ms' },
    })
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 2 ')
  })

  it('a silent line that cannot be replaced ends the stream, by the same name', async () => {
    const headers = { 'Content-Location': '' }
    const reading = await read([{ body: [update(1)], end: 'hang', headers }], { body: {} })
    await reading.clock.advance(45_000)
    expect(reading.error).toMatchObject({
      code: 'ERR_SYNAPSE_IDLE_TIMEOUT',
      kind: 'line',
      text: '1 ',
    })
  })

  it('clocks of 0 never ring', async () => {
    const timeouts = { lineIdle: 0, contentIdle: 0, connect: 0 }
    const reading = await read([{ body: [update(1)], end: 'hang' }], { timeouts })
    expect(reading.clock.pending).toBe(0)
    reading.stream.close()
  })

  it('nothing is left to ring when the stream is over', async () => {
    const reading = await read([{ body: [update(1)], end: 'hang' }])
    expect(reading.clock.pending).toBeGreaterThan(0)
    reading.stream.close()
    await settle()
    expect(reading.clock.pending).toBe(0)
    const waiting = await read([new TypeError('x')])
    expect(waiting.clock.pending).toBe(1)
    waiting.stream.close()
    expect(waiting.clock.pending).toBe(0)
  })
})

describe('a page', () => {
  it('that is online again tries at once', async () => {
    const reading = await read([new TypeError('offline'), { body: [update(1), done(2)] }], {
      reconnect: { initial: 10_000 },
    })
    reading.tellPage('online')
    await settle()
    expect(textOf(reading)).toBe('1 ')
  })

  it('that is online again does not hurry a server that asked to wait', async () => {
    const busy = { status: 503, headers: { 'Retry-After': '5' } }
    const reading = await read([busy, { body: [update(1), done(2)] }])
    reading.tellPage('online')
    await settle()
    expect(reading.asked).toHaveLength(1)
    await reading.clock.advance(5000)
    expect(textOf(reading)).toBe('1 ')
  })

  it('that comes out of the back/forward cache resumes, on a new line', async () => {
    const reading = await read([{ body: [update(1)], end: 'hang' }, { body: [update(2), done(3)] }])
    reading.tellPage('pageshow', { persisted: false })
    await settle()
    expect(reading.asked[0]!.signal.aborted).toBe(false)
    reading.tellPage('pageshow', { persisted: true })
    await settle()
    expect(reading.asked[0]!.signal.aborted).toBe(true)
    await reading.clock.advance(250)
    expect(textOf(reading)).toBe('1 2 ')
  })

  it('that comes out of the cache keeps a stream that cannot be resumed', async () => {
    const options = { protocol: 'openai' as const, body: {} }
    const reading = await read([{ plain: true, headers: EVENT_STREAM, end: 'hang' }], options)
    reading.tellPage('pageshow', { persisted: true })
    await settle()
    expect(reading.isOver).toBe(false)
    reading.stream.close()
  })

  it('that is hidden is not listened to, and all listeners go with the stream', async () => {
    const reading = await read([{ body: [update(1)], end: 'hang' }])
    expect([...reading.listeners.keys()].sort()).toEqual(['online', 'pageshow'])
    reading.stream.close()
    for (const listeners of reading.listeners.values()) expect(listeners.size).toBe(0)
  })
})
