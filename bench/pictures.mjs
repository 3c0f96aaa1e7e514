// Draws each measure's newest result for docs/performance-tuning.md: plain SVG, readable on light
// and dark pages, and without anything that the page would have to load.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OURS } from './contenders.mjs'

const RESULTS = fileURLToPath(new URL('results/', import.meta.url))
const PICTURES = fileURLToPath(new URL('../docs/pictures/', import.meta.url))

const WIDTH = 760
const NAME_WIDTH = 210
const VALUE_WIDTH = 130
const BAR = 18
const GAP = 8
const HEAD = 52
const FOOT = 30

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .note { font-size: 11px; fill: #6e7781 }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .spread { stroke: #24292f; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note { fill: #8d96a0 }
    .bar { fill: #6e7681 }
    .ours { fill: #4493f8 }
    .spread { stroke: #e6edf3 }
  }`

/** @param {string[]} names measures; those without a result are left out */
export function drawPictures(names) {
  mkdirSync(PICTURES, { recursive: true })
  for (const name of names) {
    const file = `${RESULTS}${name}.json`
    if (!existsSync(file)) continue
    writeFileSync(`${PICTURES}${name}.svg`, drawBars(JSON.parse(readFileSync(file, 'utf8'))))
  }
}

/** One bar for each contender, the best first: the first column's median, with its spread. */
function drawBars({ title, columns, results, rounds, machine }) {
  const [{ key, title: what, unit, digits = 1 }] = columns
  const rows = Object.entries(results)
    .map(([name, { [key]: summary, ratio }]) => ({ name, summary, ratio }))
    .toSorted((a, b) => a.summary.median - b.summary.median)
  const most = Math.max(...rows.map(({ summary }) => summary.most))
  const scale = (WIDTH - NAME_WIDTH - VALUE_WIDTH) / (most || 1)
  const bars = rows.map(({ name, summary, ratio }, n) => {
    const y = HEAD + n * (BAR + GAP)
    const middle = y + BAR / 2
    const at = (value) => (NAME_WIDTH + Math.max(0, value) * scale).toFixed(1)
    const width = Math.max(1, summary.median * scale).toFixed(1)
    const factor = ratio === undefined ? '' : ` (${ratio.median.toFixed(2)} ×)`
    const look = name.startsWith(OURS) ? 'ours' : 'bar'
    return `  <text x="${NAME_WIDTH - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>
  <rect class="${look}" x="${NAME_WIDTH}" y="${y}" width="${width}" height="${BAR}" rx="2"/>
  <line class="spread" x1="${at(summary.least)}" x2="${at(summary.most)}" y1="${middle}" y2="${middle}"/>
  <text x="${Number(at(summary.most)) + 8}" y="${middle + 4}">${summary.median.toFixed(digits)}${factor}</text>`
  })
  const height = HEAD + rows.length * (BAR + GAP) + FOOT
  const note = `${what}, ${unit}; in brackets as a multiple of bare node:http. Median of ${rounds}, the line is the spread. Node ${machine.node}, ${machine.processor}.`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
  <style>${STYLE}
  </style>
  <text class="title" x="8" y="24">${escaped(title)}</text>
${bars.join('\n')}
  <text class="note" x="8" y="${height - 10}">${escaped(note)}</text>
</svg>
`
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
