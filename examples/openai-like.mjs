import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Stands in for the OpenAI SDK, so that the examples need no key: it has the one call that they
 * make, and yields chunks of the same form. With a key, put this in its place:
 * `import OpenAI from 'openai'; const openai = new OpenAI()`.
 */
export const openai = { chat: { completions: { create } } }

async function create({ messages }, { signal } = {}) {
  const words = `You said: ${messages.at(-1).content}. Every word of this is a chunk.`.split(
    /(?<= )/,
  )
  return (async function* () {
    for (const content of words) {
      yield { choices: [{ delta: { content } }] }
      await sleep(30, undefined, { signal })
    }
    // The chunk that carries the usage has no choices.
    yield { choices: [], usage: { total_tokens: words.length } }
  })()
}
