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

function payload(n) {
  return {
    i: n,
    id: 'chatcmpl-9x8y7z6w5v',
    model: 'gpt-4o-mini',
    delta: { content: WORDS[n % WORDS.length] },
    index: 0,
    created: 1_763_855_439,
  }
}

/** What a chunk of the seed's "Network Impact" holds: 1.2 KB. */
const LARGE = { text: 'The quick brown fox jumps over the lazy dog. '.repeat(26) }

/** Events between two turns of the event loop in a burst: what one read of an upstream may hold. */
const EVENTS_PER_TURN_IN_BURST = 64

const turn = () => new Promise((resolve) => setImmediate(resolve))

/**
 * `burst`: many events at hand in each turn. `large`: the same, 1.2 KB each. `turn`: one event in
 * each turn, as with tokens.
 *
 * @param {{ mode: 'burst' | 'large' | 'turn', events: number }} work
 */
export async function* produce({ mode, events }) {
  for (let n = 0; n < events; n++) {
    if (mode === 'turn' || n % EVENTS_PER_TURN_IN_BURST === 0) await turn()
    yield mode === 'large' ? LARGE : payload(n)
  }
}

/** Reads the work from the address: `/?mode=burst&events=1000`. */
export function workOf(url) {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  return { mode: query.get('mode'), events: Number(query.get('events')) }
}
