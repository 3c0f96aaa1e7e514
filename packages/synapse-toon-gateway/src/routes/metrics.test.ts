import { collect } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { scriptedAnswers, startGateway, words } from '../test-kit.ts'

describe('metrics', () => {
  it('count what the streams of this gateway did, and name nobody', async () => {
    const { source } = scriptedAnswers(words('my answer'))
    const { url } = await startGateway({ source })
    await startGateway({ source })
    const { headers } = await collect(fetch(`${url}/chat/stream?message=my+question`))
    const response = await fetch(`${url}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    expect(text).toContain('synapse_toon_streams_started_total 1\n')
    expect(text).toContain('synapse_toon_streams_ended_total{reason="complete"} 1\n')
    expect(text).toContain('synapse_toon_active_streams 0\n')
    expect(text).not.toMatch(/question|answer"/)
    expect(text).not.toContain(headers.get('x-synapse-toon-stream'))
  })
})
