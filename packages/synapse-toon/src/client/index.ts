/** `synapse-toon/client`: runs in browsers, Node, Deno, Bun and Workers; only web APIs. */
export { SynapseToonError } from '../errors.ts'
export { type BrowserEncoding, decodePayload } from '../wire/decode-payload.ts'
export {
  type EventPosition,
  InvalidEventIdError,
  parseEventId,
} from '../wire/event-id.ts'
export {
  createEventStreamParser,
  type EventStreamParser,
  type EventStreamParserCallbacks,
  type ParsedEvent,
} from '../wire/parser.ts'
export type { PayloadEncoding } from '../wire/payload-encoding.ts'
export { PayloadError } from '../wire/payload-error.ts'
export type { ReconnectOptions } from './backoff.ts'
export type { Buffered } from './buffering-watch.ts'
export {
  ConnectError,
  ContentTypeError,
  type Gap,
  GoneError,
  HttpStatusError,
  IdleTimeoutError,
  ProtocolError,
  StreamError,
  StreamFailedError,
  StreamPayloadError,
  TruncatedStreamError,
} from './errors.ts'
export { EventSource, type EventSourceInternals, type EventSourceOptions } from './event-source.ts'
export { openStream } from './open-stream.ts'
export type { OpenStreamOptions, ReadTimeouts } from './open-stream-options.ts'
export type { OpenedStream } from './opened-stream.ts'
export type { ProtocolName } from './protocol.ts'
export type { Fetch, GivenHeaders, HeaderValues } from './request.ts'
export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.ts'
export type { StreamEvent } from './stream-reader.ts'
export type { EndedBy, StreamState, StreamStats, StreamStatus, Summary } from './stream-status.ts'
