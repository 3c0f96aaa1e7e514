// Puts the newest results into docs/performance-tuning.md, between two marks: nobody types a figure.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const RESULTS = fileURLToPath(new URL('results/', import.meta.url))
const DOCUMENT = fileURLToPath(new URL('../docs/performance-tuning.md', import.meta.url))

const BEGIN = '<!-- written by npm run bench -->'
const END = '<!-- end of what is written by npm run bench -->'

/** @param {string[]} names measures, in order; those without a result are left out */
export function writeFigures(names) {
  const sections = names.flatMap((name) => {
    const file = `${RESULTS}${name}.json`
    return existsSync(file) ? [sectionOf(JSON.parse(readFileSync(file, 'utf8')))] : []
  })
  if (sections.length === 0) return
  const text = readFileSync(DOCUMENT, 'utf8')
  const begin = text.indexOf(BEGIN) + BEGIN.length
  const end = text.indexOf(END)
  if (begin < BEGIN.length || end < begin) throw new Error(`${DOCUMENT} lacks the mark ${BEGIN}`)
  writeFileSync(DOCUMENT, `${text.slice(0, begin)}\n\n${sections.join('\n')}\n${text.slice(end)}`)
}

/** A picture, and how we stand to what the project has set itself. */
function sectionOf({ name, title, budgets }) {
  const judged = budgets.map(({ text, holds }) => `- ${text}: ${holds ? 'met' : 'missed'}.\n`)
  const rows = judged.length > 0 ? `\n${judged.join('')}` : ''
  return `![${title}](pictures/${name}.svg)\n${rows}`
}
