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

async function fetch(request) {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname !== '/chat/stream') return new Response(null, { status: 404 })
  return toon.stream(ask(searchParams.get('message')), { transform: toDelta, request })
}

// biome-ignore lint/style/noDefaultExport: this is what Bun, Deno and Workers look for.
export default { fetch }
