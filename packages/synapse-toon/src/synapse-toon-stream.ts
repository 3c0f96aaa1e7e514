import { createSynapseToon } from './create-synapse-toon.ts'
import type { StreamRef } from './http/route.ts'
import type { Transform } from './stream/settings.ts'
import type { Source } from './stream/source.ts'
import type { FetchOptions, SynapseToon } from './synapse-toon.ts'

let shared: SynapseToon | undefined

/**
 * The one-call form: streams a source as a Fetch `Response`, with the defaults, and with resume
 * from the memory of this process.
 *
 * ```ts
 * export const GET = (request: Request) =>
 *   synapseToonStream(openaiStream, (chunk) => ({ delta: chunk.choices[0]?.delta?.content ?? '' }), { request })
 * ```
 *
 * Pass a function as the source where you can: it is not called when a client only comes back for
 * what it missed, and it is given a signal that fires when nobody wants the rest.
 *
 * @throws {InvalidOptionError} @throws {InvalidSourceError} at once, before anything is started
 */
export function synapseToonStream<Chunk>(
  source: Source<Chunk> | StreamRef,
  transform?: Transform<Chunk>,
  options?: Omit<FetchOptions<Chunk>, 'transform'>,
): Promise<Response> {
  shared ??= createSynapseToon()
  return shared.stream(source, { ...options, transform })
}
