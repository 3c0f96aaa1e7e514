/** `synapse-toon/testing`: sources, clients, a clock and a bad network for tests of streams. Node only. */

export type { LogKind, LogStore, OpenStore, StoreOptions } from '../log/contract/store.ts'
export { logContract } from '../log/log-contract.ts'
export { retrieverContract } from '../rag/retriever-contract.ts'
export { type Collected, collect } from './collect.ts'
export type { ContractCheck } from './contract-check.ts'
export { createFakeClock, type FakeClock } from './fake-clock.ts'
export { createFaultProxy, type FaultProxy, type FaultProxyOptions } from './fault-proxy.ts'
export type { ProxyTarget } from './fault-proxy-connect.ts'
export type { ProxyConnection } from './fault-proxy-connection.ts'
export type { Fault, FaultDirection, FaultKind, FaultTrigger } from './fault-proxy-fault.ts'
export { createFaultPlan, type FaultPlan, type FaultPlanOptions } from './fault-proxy-plan.ts'
export {
  openLeavingClient,
  openRawClient,
  openSlowClient,
  type RawClient,
  type RawClientOptions,
} from './raw-client.ts'
export { createScriptedSource, type ScriptedSource, type ScriptStep } from './scripted-source.ts'
export { createSeededRandom, type SeededRandom } from './seeded-random.ts'
export { createTestStream, type TestChunk, type TestStreamOptions } from './test-stream.ts'
