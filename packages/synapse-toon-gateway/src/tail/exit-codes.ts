/** How `tail` ends; numbers are what scripts hold on to, and do not change. */
export const EXIT = {
  complete: 0,
  unwritable: 1,
  usage: 2,
  cancelled: 3,
  truncated: 4,
  failed: 5,
  refused: 6,
  gone: 7,
  idle: 8,
  unreachable: 9,
  unreadable: 10,
  interrupted: 130,
  outputClosed: 141,
  terminated: 143,
} as const

export type ExitName = keyof typeof EXIT

/** In the words of the help and of the documentation. */
export const EXIT_MEANINGS: { readonly [Name in ExitName]: string } = {
  complete: 'the stream has come to its own end',
  unwritable: 'the output cannot be written',
  usage: 'the command is wrong',
  cancelled: 'the answer was cancelled',
  truncated: 'the answer is not whole: it was cut, or events are lost',
  failed: 'the server ended the stream with an error',
  refused: 'the server refused (HTTP 4xx or 5xx)',
  gone: 'the stream is gone (HTTP 410)',
  idle: 'nothing came for too long',
  unreachable: 'no response: the server cannot be reached, or says nothing',
  unreadable: 'what came is no event stream, or cannot be read',
  interrupted: 'Ctrl-C',
  outputClosed: 'the reader of the output has left, as head does',
  terminated: 'SIGTERM',
}

/** For `--help`. */
export function exitCodesHelp(): string {
  const names = Object.keys(EXIT) as ExitName[]
  const lines = names.map((name) => `  ${String(EXIT[name]).padEnd(5)}${EXIT_MEANINGS[name]}`)
  return `\nExit codes:\n${lines.join('\n')}\n`
}
