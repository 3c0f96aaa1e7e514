import { EventEmitter } from 'node:events'
import type { TailOutput } from './tail-io.ts'

/** What of a terminal the tests need: text, line ends, and the sequences of `bottom-line.ts`. */
const PARTS = /\x1b\[(\d*)(?:;(\d*))?([A-Za-z])|\x1b([78])|\n|\r|[^\x1b\n\r]+/g

/** A terminal of a few rows that does what it is sent. */
export function createTestTerminal(firstRows: number, columns: number) {
  const events = new EventEmitter()
  const written: string[] = []
  const away: string[] = []
  let rows = firstRows
  let lines = Array.from({ length: rows }, () => '')
  let cursor = { row: 0, column: 0 }
  let saved = cursor
  /** The rows that scroll. */
  let top = 0
  let bottom = rows - 1

  function put(text: string): void {
    const { row, column } = cursor
    const line = lines[row]!.padEnd(column)
    lines[row] = line.slice(0, column) + text + line.slice(column + text.length)
    cursor = { row, column: column + text.length }
  }

  function lineFeed(): void {
    if (cursor.row === bottom) {
      const [line] = lines.splice(top, 1)
      if (top === 0) away.push(line!)
      lines.splice(bottom, 0, '')
      cursor = { row: bottom, column: 0 }
    } else cursor = { row: Math.min(cursor.row + 1, rows - 1), column: 0 }
  }

  function command(name: string, first: number | undefined, second: number | undefined): void {
    if (name === 'r') {
      top = (first ?? 1) - 1
      bottom = (second ?? rows) - 1
      cursor = { row: 0, column: 0 }
    } else if (name === 'H') cursor = { row: (first ?? 1) - 1, column: (second ?? 1) - 1 }
    else if (name === 'K') lines[cursor.row] = ''
    else if (name === 'A') cursor = { ...cursor, row: Math.max(top, cursor.row - (first ?? 1)) }
    else throw new Error(`a terminal is told ${name}`)
  }

  function obey(part: RegExpExecArray): void {
    const [text, first, second, name, saving] = part
    const number = (digits: string | undefined) => (digits ? Number(digits) : undefined)
    if (name !== undefined) command(name, number(first), number(second))
    else if (saving === '7') saved = cursor
    else if (saving === '8') cursor = saved
    else if (text === '\n') lineFeed()
    else if (text === '\r') cursor = { ...cursor, column: 0 }
    else put(text)
  }

  const output: TailOutput = {
    isTTY: true,
    columns,
    get rows() {
      return rows
    },
    write(text) {
      written.push(String(text))
      for (const part of String(text).matchAll(PARTS)) obey(part)
      return true
    },
    on: (name, listener) => events.on(name, listener),
    off: (name, listener) => events.off(name, listener),
  }
  return Object.assign(output, {
    screen: () => lines.map((line) => line.trimEnd()),
    scrolledAway: () => away,
    written: () => written.join(''),
    listeners: () => events.eventNames().length,
    resize(wanted: number) {
      lines = Array.from({ length: wanted }, (_, row) => lines[row] ?? '')
      rows = wanted
      bottom = rows - 1
      events.emit('resize')
    },
  })
}
