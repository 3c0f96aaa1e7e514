import { createSynapseToon } from '../create-synapse-toon.ts'
import { createMemoryLog } from '../log/memory.ts'
import type { Observer } from '../stream/observer.ts'
import { collect } from '../testing/collect.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createScriptedSource, type ScriptStep } from '../testing/scripted-source.ts'

interface Payload {
  readonly delta: string
  readonly usage?: object
}

/** Bytes that a log keeps here, so that a long answer leaves a gap behind. */
const LOG_BYTES = 2048

/** Streams on a fake clock, seen by an observer. */
export function watchStreams(observer: Observer) {
  const clock = createFakeClock()
  const log = createMemoryLog({ clock, maxBytes: LOG_BYTES })
  const toon = createSynapseToon({ observer, clock, log, heartbeat: 0, maxBufferSize: 1024 })

  const script = (steps: readonly ScriptStep<Payload>[]) =>
    createScriptedSource(steps, clock).source

  return {
    clock,
    toon,
    script,

    /** A second stream where only one may run. */
    async refuse() {
      const limited = createSynapseToon({ observer, clock, limits: { maxStreams: 1 } })
      const { cancel } = await limited.start(script([{ hang: true }]))
      const first = limited.stream(script([{ hang: true }]), { commitAfter: 0 })
      await clock.advance(10)
      const second = await collect(limited.stream(() => []))
      cancel()
      await (await first).body!.cancel()
      await limited.shutdown({ drain: 0 })
      return second
    },

    /** Three chunks, after 200, 250 and 300 ms. */
    async complete(usage?: object, principal?: string) {
      const source = script([
        { delay: 200 },
        { yield: { delta: 'a' } },
        { delay: 50 },
        { yield: { delta: 'b' } },
        { delay: 50 },
        { yield: { delta: 'c', ...(usage && { usage }) } },
      ])
      const answer = collect(toon.stream(source, { principal }))
      await clock.advance(300)
      return answer
    },

    /** One chunk, then a failure 30 ms later. */
    async fail(error: unknown, principal?: string) {
      const source = script([{ yield: { delta: 'secret text' } }, { delay: 30 }, { throw: error }])
      const answer = collect(toon.stream(source, { principal }))
      await clock.advance(30)
      return answer
    },

    /** A source that says nothing after its first chunk, given up after 100 ms. */
    async stop() {
      const source = script([{ yield: { delta: 'a' } }, { hang: true }])
      const answer = collect(toon.stream(source, { deadlines: { idle: 100 } }))
      // A deadline is kept to within a tick of the wheel.
      await clock.advance(1000)
      return answer
    },

    /** A client that leaves after the first chunk. @returns its stream's id */
    async leave(options: { onDisconnect: 'cancel' | 'continue'; principal?: string }) {
      const client = new AbortController()
      const request = new Request('http://test/', { signal: client.signal })
      const source = script([{ yield: { delta: 'a' } }, { hang: true }])
      const response = toon.stream(source, { ...options, continueFor: 5000, request })
      await clock.advance(10)
      const streamId = (await response).headers.get('x-synapse-toon-stream')!
      client.abort(new Error('gone'))
      await clock.advance(0)
      return streamId
    },

    /** A client that takes nothing for 40 ms of a long answer. */
    async wait() {
      const chunks = Array.from({ length: 40 }, () => ({ delta: 'x'.repeat(60) }))
      const response = await toon.stream(() => chunks)
      await clock.advance(40)
      return collect(response)
    },

    /** A client that has the first event of an answer whose start is dropped, and one who asks for nothing we know. */
    async comeBack() {
      const chunks = Array.from({ length: 40 }, () => ({ delta: 'x'.repeat(60) }))
      const { events } = await collect(toon.stream(() => chunks))
      const ask = (id: string) =>
        collect(
          toon.stream(() => [], {
            request: new Request('http://test/', { headers: { 'Last-Event-ID': id } }),
          }),
        )
      const again = await ask(events[0]!.lastEventId)
      const unknown = await ask('00000000-0000-8000-8000-000000000001')
      return { again, unknown }
    },
  }
}
