'use client'

/** `synapse-toon/react`: a stream as a hook. Needs React 18 or newer. */
export { NotResumableError } from './react/not-resumable-error.ts'
export type {
  StreamUrl,
  StreamView,
  SynapseStream,
  SynapseStreamStatus,
  UseSynapseStreamOptions,
} from './react/stream-view.ts'
export { useSynapseStream } from './react/use-synapse-stream.ts'
