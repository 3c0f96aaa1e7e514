import type { Clock } from 'synapse-toon'
import type { TailOutput } from './tail-io.ts'

/** Between two drawings, in ms: quick enough to look alive, slow enough to be read. */
const DRAW_MS = 250

/** A line at the bottom of a terminal, which the text above does not touch. */
export interface BottomLine {
  /** Gives the terminal back as it was. Later calls do nothing. */
  end(): void
}

/**
 * Keeps the last row of the terminal for a line of its own: the rows above become a region that scrolls
 * by itself [ECMA-48, DECSTBM], so whoever writes there needs not know of the line.
 *
 * @param text of the moment; longer than a row, it is cut
 * @returns undefined where there is no terminal, or none with room
 */
export function startBottomLine(
  terminal: TailOutput,
  clock: Clock,
  text: () => string,
): BottomLine | undefined {
  const { rows: firstRows = 0 } = terminal
  if (!terminal.isTTY || firstRows < 3) return undefined
  let cancel = () => {}
  let isOver = false

  function draw(): void {
    const { rows = firstRows, columns = 80 } = terminal
    // Save the cursor, go to the last row, clear it, write, and go back.
    terminal.write(`\x1b7\x1b[${rows};1H\x1b[2K${text().slice(0, columns - 1)}\x1b8`)
    cancel = clock.after(DRAW_MS, draw)
  }

  function reserve(): void {
    // To set a region moves the cursor.
    terminal.write(`\x1b7\x1b[1;${(terminal.rows ?? firstRows) - 1}r\x1b8`)
  }

  function onResize(): void {
    reserve()
    cancel()
    draw()
  }

  // Where the cursor is in the last row, one row up makes room.
  terminal.write('\n')
  reserve()
  terminal.write('\x1b[1A')
  terminal.on?.('resize', onResize)
  draw()
  return {
    end() {
      if (isOver) return
      isOver = true
      cancel()
      terminal.off?.('resize', onResize)
      terminal.write(`\x1b7\x1b[r\x1b[${terminal.rows ?? firstRows};1H\x1b[2K\x1b8`)
    },
  }
}
