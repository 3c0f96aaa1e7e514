import { createServer } from 'node:http2'
import { createSynapseToon } from 'synapse-toon'
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

const toon = createSynapseToon()
// Without TLS, for curl and for a proxy in front; browsers need `createSecureServer`.
const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://localhost')
  if (pathname !== '/chat/stream') return res.writeHead(404).end()
  toon.pipe(ask(searchParams.get('message')), { transform: toDelta, req, res })
})
server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
