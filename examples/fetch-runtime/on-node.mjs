import { serve } from '@hono/node-server'
import server from './server.mjs'

// Node has no server of Fetch style of its own; this package is one.
const options = { fetch: server.fetch, hostname: '127.0.0.1', port: process.env.PORT ?? 3000 }
serve(options, ({ port }) => console.log(`http://127.0.0.1:${port}`))
