import { type PrincipalOf, RefusedError } from 'synapse-toon'
import { collect } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { scriptedAnswers, startGateway, words } from './test-kit.ts'

/** Signed in by the address, as an EventSource must be, or by a header; else refused. */
const principal: PrincipalOf = async (request) => {
  const user = request.query('user') ?? request.header('x-user')
  if (user === undefined) throw new RefusedError('unauthorized', 401, 'sign in first')
  return request.address === '127.0.0.1' ? `${user} by ${request.method}` : undefined
}

const init = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: '{"message":"hi"}',
}

describe('who asks, by a function of whoever embeds the gateway', () => {
  it('is the same for an answer that is started as for one that is streamed', async () => {
    const { source } = scriptedAnswers(words('a'))
    const seen: unknown[] = []
    const observer = { ended: (ended: { principal?: string }) => void seen.push(ended.principal) }
    const { url } = await startGateway({ source, streams: { principal, observer } })
    await collect(fetch(`${url}/chat/stream?user=ann`, init))
    expect((await fetch(`${url}/streams?user=ann`, init)).status).toBe(201)
    const headers = { ...init.headers, 'X-User': 'bob' }
    expect((await fetch(`${url}/streams`, { ...init, headers })).status).toBe(201)
    await expect.poll(() => seen).toEqual(['ann by POST', 'ann by POST', 'bob by POST'])
  })

  it('may be refused, on every route, before anything is asked', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source, streams: { principal } })
    const stream = `${url}/streams/5f0c7a52-91d3-8e14-b0a6`
    for (const answer of [
      await fetch(`${url}/chat/stream`, init),
      await fetch(`${url}/streams`, init),
      await fetch(stream),
      await fetch(stream, { headers: { Accept: 'application/json' } }),
      await fetch(stream, { method: 'DELETE' }),
    ]) {
      expect(answer.status).toBe(401)
      expect(await answer.json()).toEqual({ error: 'sign in first', code: 'unauthorized' })
    }
    expect(script.runs).toBe(0)
  })
})
