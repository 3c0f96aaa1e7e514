import type { ContentEncoding } from '../compress/content-encoding.ts'
import type { ProfileName } from '../profile/profile.ts'
import type { Merge } from './merge.ts'
import type { Observer } from './observer.ts'

/** Times after which a stream is given up, in ms; 0 switches one off. */
export interface Deadlines {
  /** For a source function to give its source. 0: none. Default 10 000. */
  readonly connect: number
  /** From then to the source's first chunk. 0: none. Default 60 000. */
  readonly firstChunk: number
  /** Between two chunks, while we are asking for one. 0: none. Default 60 000. */
  readonly idle: number
  /** For the whole stream. 0: none. Default 300 000 (the seed's); above 1 800 000 warns. */
  readonly total: number
  /**
   * For a client that takes nothing of a full buffer, or of the last bytes. 0: none. Default 30 000.
   */
  readonly stall: number
}

/** What to do with a client that takes its events slower than they come. */
export type SlowClient = 'wait' | 'merge' | 'disconnect'

/** Who asks, as far as a function that names the principal may look. */
export interface Requester {
  readonly method: string
  /** Address of the other end of the line, which may be a proxy's; undefined where it is not known. */
  readonly address?: string | undefined
  /** Value of a header, by its lower-case name; repeated ones joined with a comma. */
  header(name: string): string | undefined
  /** First value of a query parameter. */
  query(name: string): string | undefined
}

/**
 * Names the principal of a request; undefined: nobody in particular. May refuse by throwing a
 * `RefusedError`, for example `new RefusedError('unauthorized', 401, 'sign in first')`.
 */
export type PrincipalOf = (
  request: Requester,
) => string | undefined | PromiseLike<string | undefined>

/** How streams behave: given to `createSynapseToon` for all, or to one call for one. */
export interface StreamOptions {
  /** Deadlines in ms, each 0 to switch it off; those left out keep their defaults. */
  readonly deadlines?: Partial<Deadlines>
  /** Comment sent on a line that is quiet for so long, in ms. 0: none. Default 15 000. */
  readonly heartbeat?: number
  /**
   * How long status and headers wait for the first payload, in ms; a failure before is a real HTTP
   * status. 0: sent at once. Default 10 000.
   */
  readonly commitAfter?: number
  /** Most bytes of one connection that wait in our memory, from 1024. Default 65 536 (the seed's). */
  readonly maxBufferSize?: number
  /**
   * `wait`: the source waits for the client. `merge`: the source goes on, and what waits is merged
   * by `merge`. `disconnect`: a client that falls `maxBufferSize` behind is cut off, and may resume.
   * Default `wait`.
   */
  readonly slowClient?: SlowClient
  /** For `slowClient: 'merge'`. Default: `{ delta }`, OpenAI chunks and Anthropic text deltas. */
  readonly merge?: Merge
  /**
   * Whether a client may come back and go on where it was. `false`: `Last-Event-ID` is handed to
   * the source function instead. Default `true`.
   */
  readonly resume?: boolean
  /**
   * When the last client is gone: `cancel` the source at once, or `continue` to produce into the
   * log (the seed's `ignore_user_abort`). Default `continue` where the client can resume (so not
   * before it has the headers), else `cancel`.
   */
  readonly onDisconnect?: 'cancel' | 'continue'
  /** How long a source goes on without a client, in ms. Default 30 000. */
  readonly continueFor?: number
  /**
   * Whose stream it is: a user id, an API key id, or a function that finds it in the request.
   * Limits count by it, and a resume by another one is a 404. Default none: whoever knows an id of
   * the stream (74 random bits) may resume, from whatever address; limits count by client address.
   */
  readonly principal?: string | PrincipalOf
  /**
   * Codings of the whole stream (`Content-Encoding`) to offer, the best first; the client's
   * `Accept-Encoding` chooses among them. `false`, or an empty list: none. Default `true`: `gzip`,
   * `deflate`, `zstd` where Node has it, `br`, in the order of what was measured.
   */
  readonly compression?: boolean | readonly ContentEncoding[]
  /**
   * Whose form the answer has. `synapse`: ours. `openai`: chunks of Chat Completions, for its SDKs.
   * `ai-sdk`: a UI message stream, for `useChat`. In the last two nobody can resume, so a client that
   * leaves stops the source unless `onDisconnect` says otherwise, and records that are gone before it
   * has read them end its answer with an error. Default `synapse`.
   */
  readonly profile?: ProfileName
  /** What chunks of `profile: 'openai'` name as their model. Default `synapse-toon`. */
  readonly model?: string
  /** Address of a stream, sent as `Content-Location`. Default none. */
  readonly streamUrl?: (streamId: string) => string
  /**
   * Answers a failure before the first payload: its payload is sent as JSON instead of the error,
   * and may be a promise, for example of an answer that is not streamed. `undefined`: not this
   * error. Default none.
   */
  readonly fallback?: (error: unknown) => unknown
  /** HTTP status of a fallback, 200 to 599. Default 200. */
  readonly fallbackStatus?: number
  /**
   * The text of a failure that clients may see, in place of ours. Default none: an upstream's own
   * words may hold keys and names, and never reach a client.
   */
  readonly exposeError?: (error: unknown) => string
  /**
   * Sees opens, ends and waits, for logs and metrics; one or several. Those of one call are told
   * beside those of all. Default none.
   */
  readonly observer?: Observer | readonly Observer[]
}

type TransformResult = unknown | PromiseLike<unknown>

/** Turns a chunk of the source into a payload; `undefined` skips the chunk. */
export type Transform<Chunk> = (chunk: Chunk) => TransformResult

/** Options that have no default: left out, they do nothing. */
type Undefaulted = 'streamUrl' | 'fallback' | 'exposeError' | 'onDisconnect'

/** `StreamOptions` with every default filled in. */
export type Settings = Required<
  Omit<StreamOptions, Undefaulted | 'deadlines' | 'observer' | 'principal'>
> &
  Pick<StreamOptions, Undefaulted> & {
    readonly deadlines: Deadlines
    readonly observer?: Observer | undefined
    readonly principal?: string | undefined
    /** Where the principal is still to be found in the request. */
    readonly principalOf?: PrincipalOf | undefined
  }
