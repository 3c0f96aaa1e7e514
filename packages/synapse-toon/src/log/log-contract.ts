import type { ContractCheck } from '../testing/contract-check.ts'
import { appendingChecks } from './contract/appending.ts'
import { creatingChecks } from './contract/creating.ts'
import { checksOn } from './contract/kit.ts'
import { durableChecks, expiryChecks, sharedChecks } from './contract/lasting.ts'
import { readingChecks } from './contract/reading.ts'
import { signallingChecks } from './contract/signalling.ts'
import type { LogKind, OpenStore } from './contract/store.ts'
import { subscribingChecks } from './contract/subscribing.ts'

/**
 * The clauses of `StreamLog` as checks that any test runner can register:
 *
 * ```ts
 * for (const { name, check } of logContract(openStore, kind)) it(name, check)
 * ```
 *
 * @param openStore gives somewhere that holds nothing yet; it is closed after the check. It is
 * called once by each check. Checks do not sleep: where time must pass they ask the store for it.
 * @param kind what the log promises beyond the rest
 */
export function logContract(openStore: OpenStore, kind: LogKind): ContractCheck[] {
  const check = checksOn(openStore, kind)
  return [
    ...creatingChecks(check),
    ...appendingChecks(check, kind.shared),
    ...readingChecks(check),
    ...subscribingChecks(check),
    ...signallingChecks(check),
    ...expiryChecks(check),
    ...(kind.durable ? durableChecks(check) : []),
    ...(kind.shared ? sharedChecks(check) : []),
  ]
}
