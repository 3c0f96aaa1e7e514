import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const NOT_BUILT = `The web page is not built. Build it, then start the gateway again:

  npm run build -w synapse-toon-gateway

The API works without it: curl -N 'http://<this address>/chat/stream?message=hello'
`

/** A year, in seconds: what a name with a hash of its content may be kept for. */
const IMMUTABLE = 'public, max-age=31536000, immutable'

/** `GET /` and what it loads. Asked once, at the start, whether the page is there. */
export function pageRoutes(app: FastifyInstance, pageDir: string): void {
  if (!existsSync(join(pageDir, 'index.html'))) {
    app.get('/', (_request, reply) => reply.code(503).type('text/plain').send(NOT_BUILT))
    return
  }
  app.register(fastifyStatic, {
    root: pageDir,
    cacheControl: false,
    setHeaders(response, path) {
      const isHashed = path.startsWith(join(pageDir, 'assets/'))
      response.setHeader('Cache-Control', isHashed ? IMMUTABLE : 'no-cache')
      response.setHeader('X-Content-Type-Options', 'nosniff')
    },
  })
}
