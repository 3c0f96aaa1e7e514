// Runs one measure: all contenders in turn in each round, so that a machine that slows down slows
// all of them alike.
import { BARE, OURS } from './contenders.mjs'
import { watchNoise } from './noise.mjs'
import { startServer } from './server.mjs'
import { mean, summarise } from './statistics.mjs'

/** Part of the server's core that others may take during a sample; above, it is taken again. */
const MAX_NOISE = 0.1

/** How often a sample is taken again at most. */
const MAX_AGAIN = 2

/**
 * @typedef {object} Measure
 * @property {string} name for the command line and the result's file
 * @property {string} title
 * @property {{ key: string, title: string, unit: string, digits?: number }[]} columns of each
 *   sample; ratios are made of the first
 * @property {number} rounds
 * @property {boolean} [fresh] a new server for each sample; else one, which the first round warms up
 * @property {number} [passes] new servers for each round, all of them at once: sampled in turn so many
 *   times, of which the mean is the sample. So what the machine does for a second meets all of them
 * @property {number} [warmUp] passes before those, which do not count
 * @property {(contender: object) => boolean} [takes] whether it can do this at all
 * @property {boolean} [hasFloor] whether to measure what Node itself takes for it, see `contenders.mjs`
 * @property {(contender: object) => object[]} [variants] how a contender is measured: one way
 *   each, or several with names and what else `sample` is to know
 * @property {(server: object, contender: object) => Promise<Record<string, number>>} sample
 * @property {object[]} [budgets] `of`: of whom at most `atMost` times as much, `plus` so much;
 *   `who` and `key` where it is not ours, or not the first column
 */

/**
 * @param {Measure} measure
 * @param {object[]} contenders
 * @param {{ rounds?: number, maxAgain?: number, onSample?: (text: string) => void }} [options]
 * @returns `samples`, of each contender by round, and `results`: for each contender the median and the
 *   spread of each column, `ratio` to bare, `ours` to it, and `noise`, what others took of the server's
 *   core
 */
export async function runMeasure(
  measure,
  contenders,
  { rounds = measure.rounds, maxAgain = MAX_AGAIN, onSample } = {},
) {
  const taking = contenders
    .filter(({ isFloor }) => measure.hasFloor === true || isFloor !== true)
    .filter((contender) => measure.takes === undefined || measure.takes(contender))
    .flatMap((contender) => measure.variants?.(contender) ?? [contender])
  const { passes, warmUp = 0 } = measure
  const startsAnew = passes !== undefined
  const servers = new Map()
  const serverFor = async (contender) => {
    const { name } = contender
    if (!servers.has(name)) servers.set(name, await startServer(contender, { pauses: startsAnew }))
    return servers.get(name)
  }
  const sampleOf = async (contender, mostAgain) => {
    let sample
    for (let again = 0; again <= mostAgain; again++) {
      const server = await serverFor(contender)
      const noise = await watchNoise(server)
      const values = await measure.sample(server, contender)
      const taken = { ...values, noise: await noise() }
      if (measure.fresh) await stopServer(servers, contender)
      if (sample === undefined || taken.noise < sample.noise) sample = taken
      if (sample.noise <= MAX_NOISE) break
    }
    return sample
  }
  const samples = new Map(taking.map(({ name }) => [name, []]))
  try {
    // Of servers that are kept the first round warms up, and does not count.
    for (let round = measure.fresh || startsAnew ? 1 : 0; round <= rounds; round++) {
      const taken = new Map(taking.map(({ name }) => [name, []]))
      for (let pass = -warmUp; pass < (passes ?? 1); pass++) {
        const counts = round > 0 && pass >= 0
        // There and back: each finds the caches as its neighbour leaves them, now the one, now the other.
        for (const contender of pass % 2 === 0 ? taking : taking.toReversed()) {
          const sample = await sampleOf(contender, counts && !startsAnew ? maxAgain : 0)
          if (!counts) continue
          taken.get(contender.name).push(sample)
          onSample?.(`${measure.name}, round ${round} of ${rounds}, ${contender.name}`)
        }
      }
      for (const contender of taking) {
        const { name } = contender
        if (startsAnew) await stopServer(servers, contender)
        if (round > 0) samples.get(name).push(meanOf(taken.get(name)))
      }
    }
  } finally {
    for (const server of servers.values()) await server.stop()
  }
  return { samples, results: summariseAll(measure, samples) }
}

/** Of each figure by itself. */
function meanOf(samples) {
  const keys = Object.keys(samples[0]).filter((key) => samples[0][key] !== undefined)
  return Object.fromEntries(keys.map((key) => [key, mean(samples.map((one) => one[key]))]))
}

async function stopServer(servers, { name }) {
  await servers.get(name).stop()
  servers.delete(name)
}

function summariseAll({ columns }, samples) {
  const first = columns[0].key
  const results = {}
  for (const [name, own] of samples) {
    results[name] = {}
    for (const key of [...columns.map((column) => column.key), 'noise']) {
      const values = own.map((sample) => sample[key]).filter((value) => value !== undefined)
      if (values.length > 0) results[name][key] = summarise(values)
    }
    results[name].ratio = ratioOf(samples, { who: name, of: BARE, key: first })
    results[name].ours = ratioOf(samples, { who: OURS, of: name, key: first })
  }
  return results
}

/** Of samples of the same round: what slowed one slowed the other. */
function ratioOf(samples, { who, of, key, plus = 0 }) {
  const own = samples.get(who) ?? []
  const ratios = own.map((sample, round) => (sample[key] - plus) / samples.get(of)?.[round]?.[key])
  return ratios.length > 0 && ratios.every(Number.isFinite) ? summarise(ratios) : undefined
}

/**
 * How we stand to what the project has set itself.
 *
 * @returns {{ text: string, holds: boolean }[]} one for each budget that could be looked at
 */
export function judge({ columns, budgets = [] }, samples, contenders) {
  const first = columns[0].key
  const libraries = contenders.filter(({ isLibrary }) => isLibrary).map(({ name }) => name)
  return budgets.flatMap(({ of, atMost, who = OURS, key = first, plus = 0 }) => {
    const others = {
      bare: [BARE],
      peers: libraries,
      ours: [OURS],
      compression: ['Express + compression'],
    }[of]
    const ratios = others.flatMap((name) => {
      const ratio = ratioOf(samples, { who, of: name, key, plus })
      return ratio === undefined ? [] : [{ name, ratio }]
    })
    if (ratios.length === 0) return []
    // Of peers, the fastest is the one beside which we look worst.
    const { name, ratio } = ratios.reduce((a, b) => (b.ratio.median > a.ratio.median ? b : a))
    const [median, least, most] = [ratio.median, ratio.least, ratio.most].map((x) => x.toFixed(2))
    const { title } = columns.find((column) => column.key === key)
    const what = `${title}${plus > 0 ? ` - ${plus}` : ''} of ${who}`
    const text = `${what}: ${median} x ${name} (${least} to ${most}), at most ${atMost}`
    return [{ text, holds: ratio.median <= atMost }]
  })
}
