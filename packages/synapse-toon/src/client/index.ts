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
export { PayloadError } from '../wire/payload-error.ts'
