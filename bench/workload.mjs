// The same work for every server: 120-byte JSON payloads, produced at the same pace.

const WORDS = [
  ' token',
  ' the',
  ' model',
  ' of',
  ' stream',
  ' answers',
  ' a',
  ' in',
  ' quick',
  ' brown',
]

export function payload(n) {
  return {
    i: n,
    id: 'chatcmpl-9x8y7z6w5v',
    model: 'gpt-4o-mini',
    delta: { content: WORDS[n % WORDS.length] },
    index: 0,
    created: 1_763_855_439,
  }
}

/** Events between two turns of the event loop in a burst: what one read of an upstream may hold. */
const EVENTS_PER_TURN_IN_BURST = 64

const turn = () => new Promise((resolve) => setImmediate(resolve))

/**
 * `burst`: many events at hand in each turn. `turn`: one event in each turn, as with tokens.
 *
 * @param {{ mode: 'burst' | 'turn', events: number }} work
 */
export async function* produce({ mode, events }) {
  for (let n = 0; n < events; n++) {
    if (mode === 'turn' || n % EVENTS_PER_TURN_IN_BURST === 0) await turn()
    yield payload(n)
  }
}

/** Reads the work from the address: `/?mode=burst&events=1000`. */
export function workOf(url) {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  return { mode: query.get('mode'), events: Number(query.get('events')) }
}
