import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { synapseToon } from 'synapse-toon/hono'
import { openai } from '../openai-like.mjs'

/** Called once per question: a client that comes back reads on in what was said already. */
const ask =
  (content) =>
  ({ signal }) =>
    openai.chat.completions.create(
      { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], stream: true },
      { signal },
    )
const toDelta = (chunk) => ({ delta: chunk.choices[0]?.delta?.content ?? '' })

const app = new Hono()
app.use(synapseToon())
app.get('/chat/stream', (c) => c.var.synapseToonStream(ask(c.req.query('message')), toDelta))

const options = { fetch: app.fetch, hostname: '127.0.0.1', port: process.env.PORT ?? 3000 }
serve(options, ({ port }) => console.log(`http://127.0.0.1:${port}`))
