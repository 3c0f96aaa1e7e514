import { BARE, OURS } from './contenders.mjs'

/** @returns one line for each contender, the best first: figures with their spread, and ratios */
export function tableOf({ columns }, results) {
  const first = columns[0].key
  const names = Object.keys(results).toSorted(
    (a, b) => results[a][first].median - results[b][first].median,
  )
  const head = [
    '',
    ...columns.map(({ title, unit }) => `${title}, ${unit}`),
    `/ ${BARE}`,
    `${OURS} / it`,
  ]
  const rows = names.map((name) => [
    name,
    ...columns.map((column) => showValue(results[name][column.key], column.digits ?? 1)),
    showValue(results[name].ratio, 2),
    showValue(results[name].ours, 2),
  ])
  return alignColumns([head, ...rows])
}

function showValue(summary, digits) {
  if (summary === undefined) return '-'
  const show = (value) => value.toFixed(digits)
  const { median, least, most } = summary
  if (show(least) === show(most)) return show(median)
  return `${show(median)} (${show(least)} to ${show(most)})`
}

function alignColumns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
