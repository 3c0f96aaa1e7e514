import { synapseToonStream } from 'synapse-toon'
import { openai } from '../../../../openai-like.mjs'

// Resume reads from the memory of the process, so this is not for the edge runtime.
export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

/** Called once per question: a client that comes back reads on in what was said already. */
const ask =
  (content) =>
  ({ signal }) =>
    openai.chat.completions.create(
      { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], stream: true },
      { signal },
    )
const toDelta = (chunk) => ({ delta: chunk.choices[0]?.delta?.content ?? '' })

export function GET(request) {
  const message = new URL(request.url).searchParams.get('message')
  return synapseToonStream(ask(message), toDelta, { request })
}
