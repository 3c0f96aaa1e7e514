/** C0 without tab and LF, DEL, and C1: with these a text commands a terminal, not its reader. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g

/** What a server sent, fit for a terminal: control characters are shown, not obeyed. */
export function forTerminal(text: string): string {
  return text.replace(CONTROLS, '\ufffd')
}

/** Somebody else's text as part of one line of ours. */
export function oneLine(text: string): string {
  return forTerminal(text.replace(/\s+/g, ' ')).trim()
}
