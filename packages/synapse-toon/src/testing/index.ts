/** `synapse-toon/testing`: sources, clients and a clock for tests of streams. Node only. */

export { type ContractCheck, retrieverContract } from '../rag/retriever-contract.ts'
export { type Collected, collect } from './collect.ts'
export { createFakeClock, type FakeClock } from './fake-clock.ts'
export {
  openLeavingClient,
  openRawClient,
  openSlowClient,
  type RawClient,
  type RawClientOptions,
} from './raw-client.ts'
export { createScriptedSource, type ScriptedSource, type ScriptStep } from './scripted-source.ts'
export { createTestStream, type TestChunk, type TestStreamOptions } from './test-stream.ts'
