import type { MaybePromise, StreamLog } from '../log.ts'

/** What kind of log it is: clauses that it does not promise are not checked. */
export interface LogKind {
  /** Records outlive the process. */
  readonly durable: boolean
  /** Several processes read and write at the same time. */
  readonly shared: boolean
}

/** Somewhere that holds nothing yet, for one check. */
export interface LogStore {
  /**
   * A log on this store. Called again on a shared one: as in a second process. Called again on a
   * durable one, once the first is closed or lost: as after a restart.
   */
  open(): MaybePromise<StreamLog>
  /**
   * As if the process of this log were killed: its producers are gone, and nothing more of theirs
   * is stored. Needed where it is durable or shared.
   */
  lose?(log: StreamLog): MaybePromise<void>
  /**
   * As if the process of this log were stopped, until the returned function is called: it stores
   * nothing, hears nothing and renews nothing. Needed where it is shared.
   */
  freeze?(log: StreamLog): MaybePromise<() => MaybePromise<void>>
  /** Lets time pass for all its logs, in ms: moves their clock on, or waits in truth. */
  pass(milliseconds: number): Promise<void>
  /** Closes what was opened, and deletes what was stored. */
  close(): MaybePromise<void>
}

export interface StoreOptions {
  /** How long its logs are to keep an ended stream, in ms. */
  readonly keepFor: number
}

export type OpenStore = (options: StoreOptions) => MaybePromise<LogStore>
