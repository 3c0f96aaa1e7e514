// `npm run bench [-- NAME …]`: every measure beside the peers, in the same run. Prints tables, keeps
// the newest result of each measure in results/, and draws the pictures of the docs with their figures.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { setup } from '../scripts/setup.mjs'
import { allContenders, BARE, installPeers, OURS, versionOf } from './contenders.mjs'
import { isPinned } from './cores.mjs'
import { writeFigures } from './figures.mjs'
import { clientName } from './load.mjs'
import { MEASURES } from './measures/all.mjs'
import { drawPictures } from './pictures.mjs'
import { judge, runMeasure } from './runner.mjs'
import { tableOf } from './table.mjs'

const HELP = `npm run bench [-- NAME … OPTIONS]

NAME: ${MEASURES.map(({ name }) => name).join(', ')}; default all

  --rounds N          instead of each measure's own number
  --only NAME,…       these contenders, beside "${BARE}" and "${OURS}"
  --build NAME=FILE   one more build of the library: its index.js; may be given again
  --as-built          what dist holds, without building what is stale
  --dry               keeps no results and draws no pictures
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    only: { type: 'string' },
    build: { type: 'string', multiple: true, default: [] },
    'as-built': { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}

const unknown = positionals.filter((name) => !MEASURES.some((measure) => measure.name === name))
if (unknown.length > 0) {
  console.error(`no measure is called ${unknown.join(', ')}\n\n${HELP}`)
  process.exit(1)
}

const builds = Object.fromEntries(
  values.build.map((build) => {
    const [name, file] = build.split(/=(.*)/s)
    return [name, pathToFileURL(resolve(file)).href]
  }),
)
const only = values.only?.split(',')
const contenders = allContenders({ builds }).filter(
  ({ name, isPeer }) => !isPeer || only === undefined || only.includes(name),
)

if (!values['as-built']) setup()
if (contenders.some(({ isPeer }) => isPeer)) installPeers()
const machine = {
  node: process.version,
  processor: cpus()[0].model,
  pinned: isPinned,
  client: clientName,
}
const versions = Object.fromEntries(
  contenders.map((contender) => [contender.name, versionOf(contender)]),
)
console.log(
  `Node ${machine.node}, ${machine.processor}; ${isPinned ? 'server and load on a core each' : 'not pinned to cores: expect noise'}; ${clientName}`,
)

const results = fileURLToPath(new URL('results/', import.meta.url))
mkdirSync(results, { recursive: true })
for (const measure of MEASURES) {
  if (positionals.length > 0 && !positionals.includes(measure.name)) continue
  const rounds = values.rounds === undefined ? measure.rounds : Number(values.rounds)
  const { samples, results: measured } = await runMeasure(measure, contenders, {
    rounds,
    onSample: showProgress,
  })
  showProgress('')
  const budgets = judge(measure, samples, contenders)
  console.log(`\n${measure.title} (${measure.name}; median and spread of ${rounds})\n`)
  console.log(tableOf(measure, measured))
  const noise = Math.max(...Object.values(measured).map((one) => one.noise.median))
  if (noise > 0.1) {
    console.log(
      `others took ${(100 * noise).toFixed(0)} % of the server's core: repeat when it is quiet`,
    )
  }
  for (const { text, holds } of budgets) console.log(`${holds ? 'ok  ' : 'OVER'} ${text}`)
  if (values.dry) continue
  const { name, title, columns } = measure
  const kept = { name, title, machine, rounds, versions, columns, results: measured, budgets }
  writeFileSync(`${results}${name}.json`, `${JSON.stringify(kept, rounded, 2)}\n`)
}
if (!values.dry) {
  const names = MEASURES.map(({ name }) => name)
  drawPictures(names)
  writeFigures(names)
}

/** One line that is written over: nothing of it stays in a log. */
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

/** More digits than the spread allows would only make every run a change of every line. */
function rounded(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
