import type { StreamEvent } from 'synapse-toon/client'
import { forTerminal } from './one-line.ts'
import { payloadText } from './payload-text.ts'

/**
 * `text`: the text of the answer as it is, other payloads as lines of JSON. `lines`: the data of each
 * event as a line. `json`: each event as a line of JSON. `raw`: nothing, since the bytes were printed
 * when they came.
 */
export type PrintMode = 'text' | 'lines' | 'json' | 'raw'

export interface Printer {
  print(event: StreamEvent): Promise<void> | undefined
  /** Bytes of a response, as they came. */
  printRaw(bytes: Uint8Array): Promise<void> | undefined
  /** There will be no more. */
  end(): void
}

export function createPrinter(
  mode: PrintMode,
  isTerminal: boolean,
  write: (text: string | Uint8Array) => Promise<void> | undefined,
): Printer {
  let isAtLineStart = true

  function put(text: string): Promise<void> | undefined {
    if (text === '') return undefined
    isAtLineStart = text.endsWith('\n')
    return write(isTerminal ? forTerminal(text) : text)
  }

  function line(text: string): Promise<void> | undefined {
    return put(`${isAtLineStart ? '' : '\n'}${text}\n`)
  }

  return {
    print({ id, event, payload, data, gap }) {
      if (mode === 'raw') return undefined
      if (mode === 'lines') return line(data)
      if (mode === 'json') return line(JSON.stringify({ id, event, payload, gap }))
      const text = payloadText(payload)
      return text === undefined ? line(JSON.stringify(payload)) : put(text)
    },
    printRaw(bytes) {
      if (mode !== 'raw') return undefined
      return isTerminal ? put(Buffer.from(bytes).toString()) : write(bytes)
    },
    end() {
      // The prompt of the shell belongs on a line of its own; a file gets the text and nothing else.
      if (isTerminal && !isAtLineStart) put('\n')
    },
  }
}
