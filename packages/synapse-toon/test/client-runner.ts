import { EventSource, openStream } from '../src/client/index.ts'
import type { ClientCase, Doing } from './client-case.ts'

/** Waits of an `EventSource` are this much shorter here: nothing of what is tested is how long they are. */
const FASTER = 100

/** An `EventSource` has no end when its server has none: cases end with `CLOSED`. */
const STATES = ['connecting', 'open', 'closed']

/**
 * Runs a case against a scripted server, in whatever has `fetch`.
 *
 * Says `open`, `error STATE`, `NAME DATA #ID` of an `EventSource`; of `openStream` the events as `NAME
 * PAYLOAD #ID`, with ` gap FROM-TO` where something is missing, then `end REASON`, or `throw CODE` with
 * the text so far.
 */
export async function runCase(url: string, { client, options = {}, doing = {} }: ClientCase) {
  let calls = 0
  const headers = doing.countsCalls ? () => ({ 'X-Call': String(++calls) }) : undefined
  const given = { ...options, ...(headers && { headers }) }
  return client === 'EventSource' ? listen(url, given, doing) : read(url, given, doing)
}

async function listen(url: string, options: object, { leaveAfter = Infinity }: Doing) {
  const log: string[] = []
  const clock = {
    now: () => performance.now(),
    after(milliseconds: number, run: () => void) {
      const timer = setTimeout(run, milliseconds / FASTER)
      return () => clearTimeout(timer)
    },
  }
  const source = new EventSource(url, options, { clock })
  let events = 0
  await new Promise<void>((resolve) => {
    source.onopen = () => log.push('open')
    source.onerror = () => {
      log.push(`error ${STATES[source.readyState]}`)
      if (source.readyState === 2) resolve()
    }
    for (const name of ['message', 'add', 'remove']) {
      source.addEventListener(name, ({ type, data, lastEventId }) => {
        log.push(`${type} ${JSON.stringify(data)} #${lastEventId}`)
        if (++events < leaveAfter) return
        source.close()
        // Later, so that an event that should not come is heard.
        setTimeout(resolve, 50)
      })
    }
  })
  return log
}

async function read(url: string, options: object, doing: Doing) {
  const { leaveAfter = Infinity, stopAfter = Infinity } = doing
  const log: string[] = []
  const reconnect = { initial: 2, max: 10, jitter: 0, maxAttempts: 3 }
  const stream = openStream(url, { reconnect, ...options })
  let events = 0
  try {
    for await (const { event, payload, id, gap } of stream) {
      const missing = gap ? ` gap ${gap.from}-${gap.to}` : ''
      log.push(`${event} ${JSON.stringify(payload)} #${id.slice(-2)}${missing}`)
      events++
      if (events === stopAfter) await stream.stop()
      if (events >= leaveAfter) break
    }
    log.push(`end ${(await stream.done).reason}`)
  } catch (error) {
    const { code, status, text, reason, kind } = error as Record<string, unknown>
    log.push(['throw', code, status, reason, kind, `"${text}"`].filter(Boolean).join(' '))
  }
  return log
}
