import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSynapseToon, type Source, type StreamOptions } from 'synapse-toon'
import { beforeAll } from 'vitest'
import { bundleClient } from './client-bundle.ts'
import type { PageConfig } from './react-page.ts'
import { listen } from './test-server.ts'

/** `react-page.ts` with all that it imports, as one script for a browser, for all tests of a file. */
export function sharedReactPage(): { readonly script: string } {
  const page = { script: '' }
  beforeAll(async () => {
    page.script = await bundleClient(new URL('./react-page.ts', import.meta.url))
  })
  return page
}

/** StrictMode does what is to be shown in React's development build only. */
const HTML = `<!doctype html>
<script>globalThis.process = { env: { NODE_ENV: 'development' } }</script>
<div id="root"></div>
<script src="/page.js" type="module"></script>`

/** A source that says what a test says, when it says it. One for all who ask. */
export function drivenSource() {
  const said: string[] = []
  let wake = () => {}
  let isOver = false
  const state = { runs: 0, reason: undefined as unknown }
  const source: Source<{ delta: string }> = async function* ({ signal }) {
    state.runs++
    signal.addEventListener('abort', () => {
      state.reason = signal.reason
      wake()
    })
    for (let next = 0; !signal.aborted; ) {
      if (next < said.length) yield { delta: said[next++]! }
      else if (isOver) return
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  }
  return {
    source,
    state,
    say(...deltas: string[]) {
      said.push(...deltas)
      wake()
    },
    end() {
      isOver = true
      wake()
    },
  }
}

/** A site with the page, a place to ask, and the streams at addresses of their own. */
export async function reactSite(
  page: { readonly script: string },
  source: Source<unknown>,
  options: StreamOptions = {},
) {
  const toon = createSynapseToon({ streamUrl: (id) => `/streams/${id}`, ...options })
  const asked: string[] = []
  const open = new Set<ServerResponse>()
  const { url } = await listen(async (req: IncomingMessage, res: ServerResponse) => {
    const { pathname } = new URL(req.url!, 'http://host')
    if (pathname === '/') return res.setHeader('Content-Type', 'text/html').end(HTML)
    if (pathname === '/page.js') {
      return res.setHeader('Content-Type', 'text/javascript').end(page.script)
    }
    const [, root, streamId = ''] = pathname.split('/')
    if (root !== 'chat' && root !== 'streams') return res.writeHead(204).end()
    asked.push(`${req.method} /${root}`)
    if (req.method === 'DELETE')
      return res.writeHead((await toon.cancel(streamId)) ? 204 : 404).end()
    open.add(res)
    await toon.pipe(root === 'chat' ? source : { streamId }, { req, res })
    open.delete(res)
  })
  return {
    asked,
    /** Lines that are open. */
    open,
    toon,
    address: (config: PageConfig) => `${url}/?config=${encodeURIComponent(JSON.stringify(config))}`,
    /** Cuts the lines, as a lost network would. */
    cut() {
      for (const res of open) res.destroy()
    },
  }
}
