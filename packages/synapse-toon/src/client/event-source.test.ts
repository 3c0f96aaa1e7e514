import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import { parserCases } from '../wire/parser-cases.ts'
import { piecesOf, utf8 } from '../wire/test-kit.ts'
import { EventSource, type EventSourceOptions } from './event-source.ts'
import { type Answer, createBody, EVENT_STREAM, scriptedFetch, settle } from './test-kit.ts'

const URL_ = 'http://test.example/feed'

interface Opened {
  readonly source: EventSource
  readonly clock: ReturnType<typeof createFakeClock>
  readonly asked: ReturnType<typeof scriptedFetch>['asked']
  readonly bodies: ReturnType<typeof scriptedFetch>['bodies']
  /** What was dispatched: type, data or state, id. */
  readonly heard: string[]
  tellPage(event: object): void
}

function plain(...body: string[]): Answer {
  return { plain: true, headers: EVENT_STREAM, body }
}

async function open(
  script: Parameters<typeof scriptedFetch>[0],
  options: EventSourceOptions = {},
  names: readonly string[] = [],
): Promise<Opened> {
  const { fetch, asked, bodies } = scriptedFetch(script)
  const clock = createFakeClock()
  let onPageShow: (event: object) => void = () => {}
  const page = {
    addEventListener(type: string, listener: (event: object) => void) {
      if (type === 'pageshow') onPageShow = listener
    },
  }
  const source = new EventSource(URL_, { fetch, ...options }, { clock, page })
  const heard: string[] = []
  source.onopen = () => heard.push(`open ${source.readyState}`)
  source.onerror = () => heard.push(`error ${source.readyState}`)
  for (const name of ['message', ...names]) {
    source.addEventListener(name, ({ type, data, lastEventId }) => {
      heard.push(`${type} ${JSON.stringify(data)} ${lastEventId}`)
    })
  }
  await settle()
  return { source, clock, asked, bodies, heard, tellPage: (event) => onPageShow(event) }
}

describe('EventSource', () => {
  it('has the members of the interface', async () => {
    const source = new EventSource('http://test.example/a b?x', { fetch: scriptedFetch([]).fetch })
    expect(source.url).toBe('http://test.example/a%20b?x')
    expect(source.readyState).toBe(0)
    expect(source.withCredentials).toBe(false)
    expect([source.onopen, source.onmessage, source.onerror]).toEqual([null, null, null])
    expect([EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED]).toEqual([0, 1, 2])
    expect([source.CONNECTING, source.OPEN, source.CLOSED]).toEqual([0, 1, 2])
    expect(Object.prototype.toString.call(source)).toBe('[object EventSource]')
    expect(source).toBeInstanceOf(EventTarget)
    expect(EventSource).toHaveLength(1)
    source.close()
    expect(source.readyState).toBe(2)
    await settle()
  })

  it('throws a SyntaxError for an address that is none, and a TypeError without one', () => {
    for (const url of ['http://this is invalid/', '/relative']) {
      expect(() => new EventSource(url)).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
    }
    expect(() => Reflect.construct(EventSource, [])).toThrow(TypeError)
    expect(() => (EventSource as unknown as () => void)()).toThrow(TypeError)
  })

  it.each([
    ['/feed', 'http://test.example/feed'],
    [{ toString: () => 'a/b' }, 'http://test.example/a/b'],
    [1, 'http://test.example/1'],
    [null, 'http://test.example/null'],
    [undefined, 'http://test.example/undefined'],
    [new URL('http://other.example/'), 'http://other.example/'],
  ])('makes an address of %s, as browsers do', (url, expected) => {
    const internals = { baseUrl: 'http://test.example/page' }
    const source = new EventSource(url as string, undefined, internals)
    expect(source.url).toBe(expected)
    source.close()
  })

  it('opens, hands out events with name, data, id and origin, and comes back after the end', async () => {
    const { heard, asked, clock, source } = await open(
      [plain('data: a\n\nid: 7\nevent: add\ndata: b\n\n'), plain('data: c\n\n'), { status: 204 }],
      {},
      ['add'],
    )
    expect(heard).toEqual(['open 1', 'message "a" ', 'add "b" 7', 'error 0'])
    await clock.advance(2999)
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    await clock.advance(3000)
    expect(heard.slice(4)).toEqual(['open 1', 'message "c" 7', 'error 0', 'error 2'])
    expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '7', '7'])
    expect(asked.map(({ headers }) => headers.get('accept'))).toEqual(
      Array(3).fill('text/event-stream'),
    )
    expect(source.readyState).toBe(2)
  })

  it('gives events the origin of the final address, and makes them plain', async () => {
    const { fetch } = scriptedFetch([plain('data: a\n\n')])
    const source = new EventSource(URL_, {
      async fetch(url, init) {
        const response = await fetch(url, init)
        return Object.defineProperty(response, 'url', { value: 'https://moved.example:8443/x' })
      },
    })
    const event = await new Promise<MessageEvent>((resolve) => {
      source.onmessage = resolve
    })
    source.close()
    expect(event).toBeInstanceOf(MessageEvent)
    expect(event.origin).toBe('https://moved.example:8443')
    expect([event.bubbles, event.cancelable]).toEqual([false, false])
  })

  it.each([
    ['any status but 200', { status: 201, headers: EVENT_STREAM }],
    ['204', { status: 204 }],
    ['500', { status: 500 }],
    ['another type', { plain: true, headers: { 'Content-Type': 'text/html' } }],
    ['no type', { plain: true, headers: {} }],
  ])('fails for good on %s', async (_what, answer) => {
    const { heard, asked, clock } = await open([answer])
    await clock.advance(100_000)
    expect(heard).toEqual(['error 2'])
    expect(asked).toHaveLength(1)
    expect(asked[0]!.signal.aborted).toBe(true)
  })

  it('comes back for ever after network errors, after the reconnection time each', async () => {
    const { heard, asked, clock, source } = await open(Array(9).fill(new TypeError('fetch failed')))
    for (let n = 0; n < 8; n++) await clock.advance(3000)
    expect(asked).toHaveLength(9)
    expect(heard).toEqual(Array(9).fill('error 0'))
    source.close()
    expect(clock.pending).toBe(0)
  })

  it('takes retry as its line is read, before the block ends', async () => {
    const { asked, clock, source } = await open([plain('retry: 50\ndata: cut'), plain(), plain()])
    expect(source.reconnectionTime).toBe(50)
    await clock.advance(50)
    expect(asked).toHaveLength(2)
    await clock.advance(50)
    expect(asked).toHaveLength(3)
    source.close()
  })

  it.each(['retry: 999999999999', `retry: ${'9'.repeat(400)}`])(
    'does not come back at once because a timer cannot hold %s',
    async (line) => {
      const { asked, clock, source } = await open([plain(`${line}\n\n`)])
      await clock.advance(2 ** 31 - 2)
      expect(asked).toHaveLength(1)
      source.close()
    },
  )

  it('sends the id of a block without data, as UTF-8, and none that was reset or unfinished', async () => {
    const { asked, clock, source } = await open([
      plain('id: é…\n\n'),
      plain('id: 8\ndata: x\n\nid: 9\ndata: unfinished\n'),
      plain('id\n\n'),
      plain(),
    ])
    for (let n = 0; n < 3; n++) await clock.advance(3000)
    const ids = asked.map(({ headers }) => headers.get('last-event-id'))
    expect(ids.map((id) => id && Buffer.from(id, 'latin1').toString())).toEqual([
      null,
      'é…',
      '8',
      null,
    ])
    source.close()
  })

  it('dispatches nothing after close, not even what came in the same chunk', async () => {
    const { fetch } = scriptedFetch([plain('data: a\n\nretry: 9\ndata: b\n\n')])
    const source = new EventSource(URL_, { fetch })
    const heard: string[] = []
    source.onmessage = ({ data }) => {
      heard.push(data)
      source.close()
    }
    source.onerror = () => heard.push('error')
    await settle()
    expect(heard).toEqual(['a'])
    expect(source.reconnectionTime).toBe(3000)
    expect(source.readyState).toBe(2)
  })

  it('closed at once asks nothing; closed while it waits or reads, it lets go', async () => {
    const never = scriptedFetch([])
    new EventSource(URL_, { fetch: never.fetch }).close()
    await settle()
    expect(never.asked).toEqual([])
    const reading = await open([{ ...plain('data: a\n\n'), end: 'hang' }])
    reading.source.close()
    await settle()
    expect(reading.bodies[0]!.isCancelled).toBe(true)
    expect(reading.heard).toEqual(['open 1', 'message "a" '])
    const waiting = await open([plain()])
    waiting.source.close()
    expect(waiting.clock.pending).toBe(0)
    const asking = await open(['hang'])
    asking.source.close()
    await settle()
    expect(asking.asked[0]!.signal.aborted).toBe(true)
    expect(asking.heard).toEqual([])
  })

  it('closed by a listener of open or error, stays closed', async () => {
    const opening = scriptedFetch([{ ...plain('data: a\n\n'), end: 'hang' }])
    const source = new EventSource(URL_, { fetch: opening.fetch })
    const heard: string[] = []
    source.onopen = () => source.close()
    source.onmessage = () => heard.push('message')
    source.onerror = () => heard.push('error')
    await settle()
    expect(heard).toEqual([])
    const failing = await open([plain()])
    failing.source.addEventListener('error', () => failing.source.close())
    await failing.clock.advance(3000)
    expect(failing.asked.length).toBeLessThanOrEqual(2)
  })

  it('keeps handlers in their place, one for each kind, and takes null and what is no function', async () => {
    const { fetch } = scriptedFetch([plain('data: a\n\n')])
    const source = new EventSource(URL_, { fetch })
    const heard: string[] = []
    source.onmessage = () => heard.push('first')
    source.addEventListener('message', () => heard.push('listener'))
    source.onmessage = function (this: EventSource) {
      heard.push(this === source ? 'second' : 'wrong this')
    }
    source.onopen = () => heard.push('open')
    source.onopen = null
    source.onerror = 'no function' as never
    expect(source.onerror).toBeNull()
    const gone = () => heard.push('gone')
    source.addEventListener('message', gone)
    source.removeEventListener('message', gone)
    await settle()
    source.close()
    expect(heard).toEqual(['second', 'listener'])
  })

  it('sends headers anew for each request, a method and a body', async () => {
    let calls = 0
    const headers = () => ({ Authorization: `Bearer ${++calls}` })
    const { asked, clock, source } = await open([plain(), plain()], { headers })
    await clock.advance(3000)
    expect(asked.map((one) => one.headers.get('authorization'))).toEqual(['Bearer 1', 'Bearer 2'])
    source.close()
    const post = await open([{ ...plain(), end: 'hang' }], { body: { a: 1 } })
    expect(post.asked[0]).toMatchObject({ method: 'POST', body: '{"a":1}' })
    post.source.close()
  })

  it('sends a POST once: comes back with GET where the response names an address, else fails', async () => {
    const lost = await open([plain('data: a\n\n')], { body: {} })
    expect(lost.heard).toEqual(['open 1', 'message "a" ', 'error 2'])
    const address = { ...EVENT_STREAM, 'Content-Location': '/streams/1' }
    const kept = await open(
      [{ plain: true, headers: address, body: ['id: 1\ndata: a\n\n'] }, { status: 204 }],
      { body: {} },
    )
    await kept.clock.advance(3000)
    expect(kept.asked[1]).toMatchObject({
      method: 'GET',
      url: 'http://test.example/streams/1',
      body: undefined,
    })
    expect(kept.asked[1]!.headers.get('last-event-id')).toBe('1')
    const refused = await open([new TypeError('fetch failed')], { body: {} })
    expect(refused.heard).toEqual(['error 2'])
  })

  it('reconnects at once when its page comes out of the back/forward cache', async () => {
    const { heard, asked, source, tellPage } = await open([
      { ...plain('id: 3\ndata: a\n\n'), end: 'hang' },
      { ...plain('data: b\n\n'), end: 'hang' },
    ])
    tellPage({ persisted: true })
    await settle()
    expect(asked[0]!.signal.aborted).toBe(true)
    expect(asked[1]!.headers.get('last-event-id')).toBe('3')
    expect(heard).toEqual(['open 1', 'message "a" 3', 'error 0', 'open 1', 'message "b" 3'])
    source.close()
  })

  it('sends cookies elsewhere when told to', async () => {
    let credentials: unknown
    const source = new EventSource(URL_, {
      withCredentials: true,
      fetch: async (_url, init) => {
        credentials = (init as { credentials?: string }).credentials
        return new Response(null, { status: 204 })
      },
    })
    await settle()
    expect(source.withCredentials).toBe(true)
    expect(credentials).toBe('include')
  })
})

/** Reads a stream of bytes, and writes down what is dispatched under the names that it has. */
async function readFrom(pieces: Iterable<Uint8Array>, names: ReadonlySet<string>) {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const source = EventSource.fromReadableStream(stream)
  const events: object[] = []
  for (const name of names) {
    source.addEventListener(name, (event) => {
      // `open` and `error` of its own have no data.
      if (!(event instanceof MessageEvent)) return
      events.push({ event: event.type, data: event.data, lastEventId: event.lastEventId })
    })
  }
  await new Promise((resolve) => {
    source.addEventListener('error', () => {
      if (source.readyState === 2) resolve(undefined)
    })
  })
  return { events, source }
}

describe('fromReadableStream', () => {
  it('says what the parser says, in all its cases', async () => {
    for (const { behaviour, bytes, events, lastEventId, retries } of parserCases) {
      const names = new Set(events.map(({ event }) => event))
      for (const pieces of [[bytes], piecesOf(bytes, 1)]) {
        const read = await readFrom(pieces, names)
        const expected = events.map(({ event, data, lastEventId: id }) => ({
          event,
          data,
          lastEventId: id,
        }))
        expect(read.events, behaviour).toEqual(expected)
        expect(read.source.lastEventId, behaviour).toBe(lastEventId)
        expect(read.source.reconnectionTime, behaviour).toBe(retries.at(-1) ?? 3000)
      }
    }
  })

  it('is connecting, then open, then closed with an error; it never reconnects', async () => {
    const body = createBody()
    const source = EventSource.fromReadableStream(body.stream)
    expect(source).toBeInstanceOf(EventSource)
    expect(source.readyState).toBe(0)
    expect(source.url).toBe('about:event-stream')
    expect(source.withCredentials).toBe(false)
    expect([source.lastEventId, source.reconnectionTime]).toEqual(['', 3000])
    expect(body.stream.locked).toBe(true)
    const heard: string[] = []
    source.onopen = () => heard.push(`open ${source.readyState}`)
    source.onmessage = ({ data, origin }) => heard.push(`${data} from ${origin}`)
    source.onerror = () => heard.push(`error ${source.readyState}`)
    body.send('data: a\n\n')
    await settle()
    body.finish('end')
    await settle()
    expect(heard).toEqual(['open 1', 'a from null', 'error 2'])
  })

  it('closes with an error when the stream fails', async () => {
    const body = createBody()
    body.finish('break')
    const source = EventSource.fromReadableStream(body.stream)
    const states: number[] = []
    source.onerror = () => states.push(source.readyState)
    await settle()
    expect(states).toEqual([2])
  })

  it('throws a TypeError for a stream that is locked, or is none', () => {
    const stream = new ReadableStream<Uint8Array>()
    stream.getReader()
    expect(() => EventSource.fromReadableStream(stream)).toThrow(TypeError)
    expect(() => EventSource.fromReadableStream({} as never)).toThrow(TypeError)
  })

  it('lets the stream go when it is closed, without an event', async () => {
    const body = createBody()
    const source = EventSource.fromReadableStream(body.stream)
    const heard: string[] = []
    source.onopen = () => heard.push('open')
    source.onerror = () => heard.push('error')
    source.close()
    await settle()
    expect(body.isCancelled).toBe(true)
    expect(heard).toEqual([])
  })

  it('takes several streams through one TransformStream; reset drops what one left unfinished', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const source = EventSource.fromReadableStream(readable)
    const heard: string[] = []
    source.onmessage = ({ data, lastEventId }) => heard.push(`${data} ${lastEventId}`)
    const writer = writable.getWriter()
    await writer.write(utf8('id: 42\nretry: 50\ndata: first\n\nid: 43\ndata: half'))
    await settle()
    expect([source.lastEventId, source.reconnectionTime]).toEqual(['42', 50])
    source.reset()
    await writer.write(utf8('\ufeffdata: second\n\n'))
    await settle()
    expect(heard).toEqual(['first 42', 'second 42'])
    expect(source.reconnectionTime).toBe(50)
    source.close()
  })
})
