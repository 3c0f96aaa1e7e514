import type { StreamLog } from 'synapse-toon'
import type { LogKind } from '../settings.ts'

/** Where the answers of a gateway are kept, opened. */
export interface Records {
  readonly kind: LogKind
  readonly log: StreamLog
  /** Where, and what that means, for people; no secrets. */
  readonly note: string
  /** Whether the store can be reached now. Settles within a second or so, never rejects. */
  isReady(): Promise<boolean>
  /** Lets go of what the log stands on; after `toon.shutdown`, which closes the log itself. */
  close(): Promise<void>
}
