import { fieldsOf, type Protocol } from './protocol.ts'

/** Ids remembered of earlier responses: what a server may send again is a matter of its last few. */
const REMEMBERED_IDS = 1024

/**
 * Any server of plain event streams, by the WHATWG HTML standard.
 *
 * @param terminal data that ends the stream, where it is an answer
 */
export function createEventSourceProtocol(terminal: string | undefined): Protocol {
  /** From oldest to newest, each with the number of the response that it was last in. */
  const seen = new Map<string, number>()
  let response = 0
  return {
    kind: terminal === undefined ? 'feed' : 'answer',
    // It may be silent for hours, but five minutes without a heartbeat are a line that may be dead.
    idleMs: [300_000, 0],
    begin() {
      response++
    },
    read({ data, id }, decode) {
      if (data === terminal) return { end: 'complete' }
      if (id) {
        // Within one response an id may well come twice: only a replay is a duplicate.
        if ((seen.get(id) ?? response) < response) return undefined
        seen.set(id, response)
        if (seen.size > REMEMBERED_IDS) seen.delete(seen.keys().next().value!)
      }
      const payload = decode(data)
      return { payload, text: fieldsOf(payload).delta ?? payload }
    },
  }
}
