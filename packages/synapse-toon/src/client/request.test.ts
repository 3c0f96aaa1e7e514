import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { type RequestPlan, send } from './request.ts'

const SIGNAL = new AbortController().signal

async function sent(plan: Partial<RequestPlan>): Promise<RequestInit & { headers: Headers }> {
  let init: RequestInit = {}
  await send(
    { url: 'http://test.example/', method: 'POST', lastEventId: '', ...plan },
    async (_url, given) => {
      init = given
      return new Response()
    },
    SIGNAL,
  )
  return init as RequestInit & { headers: Headers }
}

describe('send', () => {
  it.each([
    ['an object', { a: 1 }, '{"a":1}'],
    ['a list', [1, 2], '[1,2]'],
    [
      'an object of a class',
      new (class Question {
        text = 'hi'
      })(),
      '{"text":"hi"}',
    ],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['an object of another realm', runInNewContext('({ a: [1] })'), '{"a":[1]}'],
  ])('writes %s as JSON, and says so', async (_what, body, text) => {
    const init = await sent({ body })
    expect(init.body).toBe(text)
    expect(init.headers.get('content-type')).toBe('application/json')
  })

  it.each([
    ['text', 'a=1'],
    ['bytes', new Uint8Array([1])],
    ['a buffer', new ArrayBuffer(1)],
    ['a view', new DataView(new ArrayBuffer(1))],
    ['a form', new FormData()],
    ['a query', new URLSearchParams('a=1')],
    ['a blob', new Blob(['a'])],
    ['a stream', new ReadableStream()],
  ])('sends %s as it is', async (_what, body) => {
    const init = await sent({ body })
    expect(init.body).toBe(body)
    expect(init.headers.has('content-type')).toBe(false)
  })

  it('leaves a content type that is given', async () => {
    const headers = { 'content-type': 'application/vnd.chat+json' }
    expect((await sent({ body: {}, headers })).headers.get('content-type')).toBe(
      'application/vnd.chat+json',
    )
  })

  it.each([
    ['an object', { Authorization: 'x' }],
    ['pairs', [['Authorization', 'x']] as const],
    ['Headers', new Headers({ Authorization: 'x' })],
    ['a function', () => ({ Authorization: 'x' })],
    ['an async function', async () => ({ Authorization: 'x' })],
  ])('takes headers as %s, over its own defaults', async (_what, headers) => {
    const init = await sent({
      headers,
      defaults: { Accept: 'text/event-stream', authorization: 'y' },
    })
    expect(Object.fromEntries(init.headers)).toEqual({
      accept: 'text/event-stream',
      authorization: 'x',
    })
  })

  it('sends Last-Event-ID where there is one, over a given one', async () => {
    expect((await sent({})).headers.has('last-event-id')).toBe(false)
    const headers = { 'Last-Event-ID': '3' }
    expect((await sent({ headers, lastEventId: '7' })).headers.get('last-event-id')).toBe('7')
  })

  it('asks no cache, and sends cookies no further than the platform does', async () => {
    const init = (await sent({})) as RequestInit & { cache: string }
    expect(init.cache).toBe('no-store')
    expect('credentials' in init).toBe(false)
  })

  it('does not ask when it was left while the headers were made', async () => {
    const controller = new AbortController()
    let asked = 0
    const plan = {
      url: 'http://test.example/',
      method: 'GET',
      lastEventId: '',
      headers: async () => {
        controller.abort(new Error('left'))
        return {}
      },
    }
    const fetch = async () => {
      asked++
      return new Response()
    }
    await expect(send(plan, fetch, controller.signal)).rejects.toThrow('left')
    expect(asked).toBe(0)
  })
})
