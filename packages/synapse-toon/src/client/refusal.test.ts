import { describe, expect, it } from 'vitest'
import { ContentTypeError, GoneError, HttpStatusError } from './errors.ts'
import { refusalOf } from './refusal.ts'
import { createBody } from './test-kit.ts'

const FOREVER = new AbortController().signal

function refusal(status: number, body: string | null, headers: Record<string, string> = {}) {
  return refusalOf(new Response(body, { status, headers }), 0, FOREVER)
}

describe('refusalOf', () => {
  it('names the kinds apart', async () => {
    expect(await refusal(410, '')).toBeInstanceOf(GoneError)
    expect(await refusal(410, '')).toBeInstanceOf(HttpStatusError)
    expect(await refusal(200, '')).toBeInstanceOf(ContentTypeError)
    expect(await refusal(404, '')).not.toBeInstanceOf(GoneError)
  })

  it.each([
    ['{"error":"limit"}', { error: 'limit' }, 'status 429: limit'],
    [
      '{"error":{"message":"slow down"}}',
      { error: { message: 'slow down' } },
      'status 429: slow down',
    ],
    ['{"message":"slow down"}', { message: 'slow down' }, 'status 429: slow down'],
    ['slow down', 'slow down', 'status 429: slow down'],
    ['"slow down"', 'slow down', 'status 429: slow down'],
    ['{"error":null}', { error: null }, 'status 429'],
    ['null', null, 'status 429'],
    ['[1]', [1], 'status 429'],
    ['', '', 'status 429'],
  ])('keeps the body %s, and says what it says', async (text, body, message) => {
    expect(await refusal(429, text)).toMatchObject({ body, message, retryable: true })
  })

  it('tells how long to wait', async () => {
    const error = await refusal(503, null, { 'Retry-After': '3' })
    expect(error).toMatchObject({ status: 503, retryAfter: 3000 })
  })

  it('reads no more of a body than is of use, and lets the rest go', async () => {
    const body = createBody()
    for (let n = 0; n < 20; n++) body.send('x'.repeat(10_000))
    const response = new Response(body.stream, { status: 500 })
    const error = (await refusalOf(response, 0, FOREVER)) as HttpStatusError
    expect(error.body).toBe('x'.repeat(65_536))
    expect(error.message).toHaveLength('status 500: '.length + 200)
    expect(body.taken).toBeLessThanOrEqual(8)
    expect(body.isCancelled).toBe(true)
  })

  it('takes what came of a body that breaks, or that time runs out for', async () => {
    const broken = createBody()
    broken.send('half')
    broken.finish('break')
    const response = new Response(broken.stream, { status: 500 })
    expect(await refusalOf(response, 0, FOREVER)).toMatchObject({ status: 500, body: 'half' })
    const body = createBody()
    body.send('half')
    const controller = new AbortController()
    const slow = refusalOf(new Response(body.stream, { status: 500 }), 0, controller.signal)
    controller.abort()
    expect(await slow).toMatchObject({ status: 500 })
  })
})
