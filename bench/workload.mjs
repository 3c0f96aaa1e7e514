// The same work for every server: JSON payloads of about 120 bytes, produced at the same pace, as an
// async generator, which is what the SDKs of LLM providers give.

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

/** What a chunk of the seed's "Network Impact" holds: 1.2 KB. */
const LARGE = 'The quick brown fox jumps over the lazy dog. '.repeat(26)

/** A delta of a fast model, which can be merged with the next. */
const TEXT = 'a dozen tokens of text, written quickly. '

/** Deltas in each `period` of `text`: far more than a slow line takes. */
const TEXTS_AT_ONCE = 20

/** Events between two turns of the event loop in a burst: what one read of an upstream may hold. */
const EVENTS_PER_TURN_IN_BURST = 64

/** What was produced in this process, and whether to produce on. */
export const source = { produced: 0, stopped: false }

let onFirstChunk = () => {}

/** @param {() => void} listener called right before a stream yields its first chunk */
export function watchFirstChunk(listener) {
  onFirstChunk = listener
}

/**
 * Monotonic, in µs: the clock that the load client reads too. Looked at once in a turn, so that it
 * does not count as work of the server.
 */
let now = 0
const lookAtClock = () => {
  const [seconds, nanoseconds] = process.hrtime()
  now = seconds * 1e6 + Math.floor(nanoseconds / 1e3)
}
lookAtClock()

/** `t` is what the load client counts and reads. */
function payload(n, mode) {
  if (mode === 'large') return { t: now, i: n, text: LARGE }
  if (mode === 'text') return { t: now, delta: TEXT }
  return {
    t: now,
    i: n,
    id: 'chatcmpl-9x8y7z6w5v',
    model: 'gpt-4o-mini',
    delta: { content: WORDS[n % WORDS.length] },
    index: 0,
  }
}

/** Turns that may still be taken: no end of them, but where `takeTurns` counts them. */
let turnsLeft = Number.POSITIVE_INFINITY
let onTurnsTaken

/** What comes between two turns, in ms; nothing but the event loop's own work where it is undefined. */
let restMs

/**
 * For streams that are yet to come, until `takeTurns` is called: those that are open already leave time
 * to open others.
 */
export function takeTurnsGently() {
  source.produced = 0
  source.stopped = false
  restMs = 100
}

/**
 * Has all streams that wait for a turn take so many, and then stand still until the next call.
 *
 * @returns settles when the last of them is worked on in full, and everybody waits again
 */
export function takeTurns(turns) {
  turnsLeft = turns
  restMs = undefined
  if (waiting.length > 0) setImmediate(wakeAll)
  return new Promise((resolve) => {
    onTurnsTaken = resolve
  })
}

/** All that wait are woken in one turn, as by one read of an upstream that all of them share. */
let waiting = []
function turn() {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length > 1) return
    if (restMs === undefined) setImmediate(wakeAll)
    else setTimeout(wakeAll, restMs)
  })
}
function wakeAll() {
  if (turnsLeft === 0) return onTurnsTaken()
  turnsLeft--
  lookAtClock()
  const woken = waiting
  waiting = []
  for (const resolve of woken) resolve()
}

/** One timer for all paced streams: each has its own phase, so that events come evenly. */
const paces = new Map()
class Pace {
  #slots
  #start = performance.now()
  #at = 0
  #phases = 0
  #waiting = 0
  #timer

  constructor(periodMs) {
    this.#slots = Array.from({ length: periodMs }, () => [])
  }

  /** @returns waits for the next event of one stream */
  join() {
    const slot = this.#phases++ % this.#slots.length
    return () =>
      new Promise((resolve) => {
        this.#slots[slot].push(resolve)
        this.#waiting++
        this.#run()
      })
  }

  #run() {
    if (this.#timer !== undefined) return
    this.#at = this.#due
    // The process ends by the harness's word, not because nothing is left to do.
    this.#timer = setInterval(() => this.#wakeDue(), 1).unref()
  }

  get #due() {
    return Math.floor(performance.now() - this.#start)
  }

  #wakeDue() {
    if (this.#waiting === 0) {
      // A server that is not asked must not take time from the one that is.
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const due = this.#due
    lookAtClock()
    for (; this.#at < due; this.#at++) {
      const slot = this.#at % this.#slots.length
      const woken = this.#slots[slot]
      this.#slots[slot] = []
      this.#waiting -= woken.length
      for (const resolve of woken) resolve()
    }
  }
}
function paceOf(periodMs) {
  if (!paces.has(periodMs)) paces.set(periodMs, new Pace(periodMs))
  return paces.get(periodMs)
}

/** Waits for what comes between event `n - 1` and event `n`; undefined where nothing does. */
function waitsOf({ mode, period }) {
  if (mode === 'turn') return turn
  if (mode === 'paced') return paceOf(period).join()
  if (mode === 'text') {
    const wait = paceOf(period).join()
    const start = performance.now()
    const due = () => (Math.floor((performance.now() - start) / period) + 1) * TEXTS_AT_ONCE
    // By the clock, so that a process that comes late makes up for it.
    return (n) => (n % TEXTS_AT_ONCE === 0 && n >= due() ? wait() : undefined)
  }
  return (n) => (n % EVENTS_PER_TURN_IN_BURST === 0 ? turn() : undefined)
}

/**
 * - `burst`: many events at hand in each turn; `large`: the same, 1.2 KB each
 * - `turn`: one event in each turn, as with tokens
 * - `paced`: one event in each `period` ms; `text`: twenty text deltas in each
 * - `idle`: one event, then nothing until the client leaves
 *
 * @param {{ mode: string, events: number, period: number }} work
 */
export async function* produce(work) {
  const { mode, events } = work
  if (mode === 'idle') {
    onFirstChunk()
    yield payload(0, mode)
    await new Promise(() => {})
  }
  const wait = waitsOf(work)
  for (let n = 0; n < events && !source.stopped; n++) {
    const waited = wait(n)
    if (waited !== undefined) await waited
    source.produced++
    if (n === 0) onFirstChunk()
    yield payload(n, mode)
  }
}

/** Reads the work from the address: `/?mode=paced&events=1000&period=50`. */
export function workOf(url) {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  return {
    mode: query.get('mode'),
    events: Number(query.get('events')),
    period: Number(query.get('period')),
    query,
  }
}
