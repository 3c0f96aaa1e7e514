import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventSourceCases } from './client-cases-eventsource.ts'
import { openStreamCases } from './client-cases-open-stream.ts'
import { runCase } from './client-runner.ts'
import { type ScriptServer, startScriptServer } from './client-script-server.ts'

let server: ScriptServer
beforeAll(async () => {
  server = await startScriptServer()
})
afterAll(() => server.close())

describe('the cases of the client', () => {
  it('are at least sixty, each named once', () => {
    const names = [...eventSourceCases, ...openStreamCases].map(
      ({ client, behaviour }) => `${client} ${behaviour}`,
    )
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(60)
  })
})

describe.each([
  ['EventSource', eventSourceCases],
  ['openStream', openStreamCases],
])('%s', (_client, cases) => {
  it.each(cases)('$behaviour', async (script) => {
    const url = server.begin(script)
    const log = await runCase(url, script)
    const { requests, left } = await server.asked(url)
    expect({ log, requests, left }).toEqual({
      log: script.log,
      requests: script.requests,
      left: script.left ?? [],
    })
  })
})
