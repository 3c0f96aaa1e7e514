import Koa from 'koa'
import { synapseToon } from 'synapse-toon/koa'
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

const app = new Koa()
app.use(synapseToon())
app.use((ctx) => {
  if (ctx.path !== '/chat/stream') return
  return ctx.synapseToonStream(ask(ctx.query.message), toDelta)
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
