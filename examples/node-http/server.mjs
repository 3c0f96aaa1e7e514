import { createServer } from 'node:http'
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
const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://localhost')
  if (pathname !== '/chat/stream') return res.writeHead(404).end()
  toon.pipe(ask(searchParams.get('message')), { transform: toDelta, req, res })
})
server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})

// Running streams may finish, or are told to come back; `close` alone would wait for them for ever.
process.once('SIGTERM', async () => {
  server.close()
  await toon.shutdown({ drain: 5000 })
})
