/** `synapse-toon`: streams any async iterable to people over Server-Sent Events. */

export { createSynapseToon } from './create-synapse-toon.ts'
export { RefusedError, SynapseToonError } from './errors.ts'
export { type AnswerFormat, negotiateFormat } from './http/accept.ts'
export type { NodeResponse } from './http/node-sink.ts'
export type { NodeRequest } from './http/request-view.ts'
export type { StreamRef } from './http/route.ts'
export type { WholeAnswer } from './http/whole-answer.ts'
export type { By, StreamState } from './known-streams.ts'
export { LimitExceededError, type LimitName } from './limits/limit-error.ts'
export { createLimits, type Limits, type LimitsOptions } from './limits/limits.ts'
export type { StartsLimit } from './limits/starts.ts'
export type {
  CreateOptions,
  LogReader,
  LogWriter,
  MaybePromise,
  StreamLog,
  WriterEvents,
} from './log/log.ts'
export { createMemoryLog, type MemoryLogOptions, StreamExistsError } from './log/memory.ts'
export { consoleLogger, type StructuredLogger } from './metrics/console-logger.ts'
export { createLogObserver, type LogObserverOptions } from './metrics/log-observer.ts'
export { InvalidOptionError } from './options/invalid-option-error.ts'
export type { ProfileName } from './profile/profile.ts'
export { type Idempotency, IdempotencyKeyReusedError, type StartedOnce } from './start-once.ts'
export type { EndReason } from './stream/end-reason.ts'
export {
  DeadlineError,
  ShutdownError,
  StreamCancelledError,
  StreamInterruptedError,
} from './stream/errors.ts'
export {
  type Merge,
  mergeAnthropicDelta,
  mergeDelta,
  mergeOpenAiChunk,
  mergeText,
} from './stream/merge.ts'
export type {
  ConnectionSummary,
  Observer,
  StreamProgress,
  StreamSummary,
} from './stream/observer.ts'
export { optimalChunkSize } from './stream/optimal-chunk-size.ts'
export type {
  Deadlines,
  PrincipalOf,
  Requester,
  SlowClient,
  StreamOptions,
  Transform,
} from './stream/settings.ts'
export {
  type Chunks,
  InvalidSourceError,
  type Source,
  type SourceContext,
} from './stream/source.ts'
export type { DoneData, ErrorData } from './stream/terminal-record.ts'
export type {
  FetchOptions,
  JsonNodeOptions,
  JsonOptions,
  PipeOptions,
  StartAloneOptions,
  StartOptions,
  StreamHandle,
  SynapseToon,
  SynapseToonOptions,
} from './synapse-toon.ts'
export { synapseToonStream } from './synapse-toon-stream.ts'
export type { Clock } from './time/clock.ts'
export { InvalidEventIdError } from './wire/event-id.ts'
export { InvalidFrameError } from './wire/frame.ts'
export { type PayloadEncoding, UnknownEncodingError } from './wire/payload-encoding.ts'
export { PayloadError } from './wire/payload-error.ts'
export type { LogRecord } from './wire/record.ts'
