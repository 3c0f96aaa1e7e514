import { systemClock } from '../time/clock.ts'
import { startStream } from './client-stream.ts'
import type { OpenStreamOptions } from './open-stream-options.ts'
import type { OpenedStream } from './opened-stream.ts'
import type { PageEvents } from './page-events.ts'

/**
 * Opens a stream of events and reads it to its end, over lost connections. The loop over it ends when
 * the stream has ended, or throws: it is never silently short.
 *
 * ```ts
 * const stream = openStream<{ delta: string }>('/chat', { body: { message } })
 * for await (const event of stream) text += event.payload.delta
 * ```
 *
 * Returns at once; the request is on its way then. The loop, and `done`, throw:
 * `ConnectError`, `HttpStatusError`, `GoneError`, `ContentTypeError`, `IdleTimeoutError`,
 * `TruncatedStreamError`, `StreamFailedError`, `ProtocolError`, `StreamPayloadError`, or the reason of
 * `signal`.
 *
 * @throws {SynapseToonError} `protocol` is none that is known
 * @throws {TypeError} the address is none, or is relative where there is no page
 */
export function openStream<Payload = unknown>(
  url: string | URL,
  options: OpenStreamOptions<Payload> = {},
): OpenedStream<Payload> {
  return startStream(url, options, {
    clock: systemClock,
    random: Math.random,
    wallNow: Date.now,
    page: globalThis as Partial<PageEvents>,
  })
}
