import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scriptedAnswers, startGateway, tempFolder } from '../test-kit.ts'

const { source } = scriptedAnswers([])

function builtPage(): string {
  const pageDir = tempFolder({ 'index.html': '<!doctype html>page', 'favicon.svg': '<svg/>' })
  mkdirSync(join(pageDir, 'assets'))
  writeFileSync(join(pageDir, 'assets', 'index-abc.js'), 'run()')
  return pageDir
}

describe('the page', () => {
  it('is served, and only names with a hash are kept by browsers', async () => {
    const { url } = await startGateway({ source, pageDir: builtPage() })
    const page = await fetch(url)
    expect(await page.text()).toBe('<!doctype html>page')
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const script = await fetch(`${url}/assets/index-abc.js`)
    expect(await script.text()).toBe('run()')
    expect(script.headers.get('cache-control')).toContain('immutable')
    expect((await fetch(`${url}/favicon.svg`)).headers.get('cache-control')).toBe('no-cache')
  })

  it.each(['/nothing', '/assets/nothing.js', '/..%2fpackage.json', '/chat', '/streams'])(
    'is not there for %s: 404 as { error }',
    async (path) => {
      const { url } = await startGateway({ source, pageDir: builtPage() })
      const response = await fetch(`${url}${path}?message=private`)
      expect(response.status).toBe(404)
      const { error } = (await response.json()) as { error: string }
      expect(error).toContain(`GET ${path}`)
      expect(error).not.toContain('private')
    },
  )

  it('that is not built is a 503 that says how to build it', async () => {
    const { url } = await startGateway({ source, pageDir: tempFolder() })
    const response = await fetch(url)
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await response.text()).toContain('npm run build -w synapse-toon-gateway')
  })
})

describe('the health of the gateway', () => {
  it('is what answers', async () => {
    const { url } = await startGateway({ source })
    const response = await fetch(`${url}/healthz`)
    expect(await response.json()).toEqual({
      status: 'ok',
      source: { kind: 'scripted', name: 'Script', note: 'Says what a test tells it.' },
    })
  })
})
