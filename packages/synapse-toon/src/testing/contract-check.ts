/** One clause of a contract: what any test runner can register. */
export interface ContractCheck {
  /** A sentence of behaviour, for a test's name. */
  readonly name: string
  /** Rejects with an AssertionError when it does not hold. */
  check(): Promise<void>
}
