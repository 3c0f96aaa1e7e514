import { createMemoryLog } from 'synapse-toon'
import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { scriptedAnswers, startGateway, words } from './test-kit.ts'

const entries = (log: string) =>
  log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('bytes that are no request', () => {
  it('are answered with { error } too', async () => {
    const { url } = await startGateway({ source: scriptedAnswers([]).source })
    const malformed = await fetch(`${url}/%zz`)
    expect(malformed.status).toBe(400)
    expect(await malformed.json()).toEqual({ error: expect.any(String) })
    const client = openRawClient(url, { method: 'NO REQUEST' })
    await client.closed
    expect(client.status).toBe(400)
    expect(client.received).toContain('{"error":"this is no HTTP request')
  })
})

describe('a failure that is ours', () => {
  it('is a 500 without its words, which are in the log', async () => {
    const { source } = scriptedAnswers([])
    const { url, log } = await startGateway({
      source: {
        ...source,
        open() {
          throw new Error('private words')
        },
      },
    })
    const response = await fetch(`${url}/chat/stream?message=hi`)
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({ error: 'Stream failed' })
    expect(log()).toContain('private words')
  })
})

describe('a log of streams that fails', () => {
  it('is a 500, and what it was to store is not in our log', async () => {
    const failure = Object.assign(new Error('store words'), { command: { args: ['private'] } })
    const log = {
      ...createMemoryLog(),
      open() {
        throw failure
      },
    }
    const { source } = scriptedAnswers([])
    const { url, log: lines } = await startGateway({ source, streams: { log } })
    const headers = { Accept: 'application/json' }
    const response = await fetch(`${url}/streams/5f0c7a52-91d3-8e14-b0a6`, { headers })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('words')
    expect(lines()).toContain('store words')
    expect(lines()).not.toContain('private')
  })
})

describe('the log', () => {
  it('has one line for an answer, and nothing that was asked or said', async () => {
    const { url, log } = await startGateway({
      source: scriptedAnswers(words('my answer')).source,
    })
    await collect(fetch(`${url}/chat/stream?message=my+question`))
    await fetch(`${url}/nothing?message=my+question`)
    await fetch(`${url}/chat/stream?message=`)
    const lines = entries(log())
    expect(lines.filter(({ streamId }) => streamId !== undefined)).toMatchObject([
      { level: 30, reason: 'complete', status: 200, chunks: 1, ttfbMs: expect.any(Number) },
    ])
    expect(lines.find(({ status }) => status === 400)).toMatchObject({ path: '/chat/stream' })
    expect(log()).not.toMatch(/question|my answer/)
  })

  it('warns once of an answer that failed, with the words of the failure only at debug', async () => {
    const failure = Object.assign(new TypeError('private words'), { status: 418, body: 'more' })
    const { source } = scriptedAnswers([...words('a'), { throw: failure }])
    const { url, log } = await startGateway({ source })
    await collect(fetch(`${url}/chat/stream?message=hi`))
    const lines = entries(log())
    expect(lines.filter(({ level }) => level >= 40)).toMatchObject([
      { level: 40, reason: 'source-error', chunks: 1, error: 'TypeError', upstreamStatus: 418 },
    ])
    expect(lines.filter((line) => JSON.stringify(line).includes('private'))).toMatchObject([
      { level: 20, said: 'private words' },
    ])
    expect(log()).not.toContain('more')
  })

  it('leaves an observer of whoever embeds the gateway in place', async () => {
    const seen: string[] = []
    const { url, log } = await startGateway({
      source: scriptedAnswers(words('a')).source,
      streams: { observer: { ended: ({ reason }) => void seen.push(reason) } },
    })
    await collect(fetch(`${url}/chat/stream?message=hi`))
    expect(seen).toEqual(['complete'])
    expect(log()).toContain('connection over')
  })
})
