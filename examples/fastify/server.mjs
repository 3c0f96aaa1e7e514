import fastify from 'fastify'
import { synapseToon } from 'synapse-toon/fastify'
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

const app = fastify()
app.register(synapseToon)
app.get('/chat/stream', (req, reply) => reply.synapseToonStream(ask(req.query.message), toDelta))

console.log(await app.listen({ host: '127.0.0.1', port: process.env.PORT ?? 3000 }))
