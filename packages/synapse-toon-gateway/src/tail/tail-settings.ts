import type { OpenStreamOptions } from 'synapse-toon/client'
import type { PrintMode } from './printer.ts'

/** What the command line asks for, checked. */
export interface TailSettings {
  readonly url: string
  readonly method: string
  /** The text of a body of JSON. */
  readonly data: string | undefined
  readonly headers: readonly (readonly [string, string])[]
  readonly protocol: NonNullable<OpenStreamOptions['protocol']>
  readonly encoding: OpenStreamOptions['encoding']
  readonly terminal: string | undefined
  readonly lastEventId: string | undefined
  /** In ms; 0: for ever; undefined: as long as usual. */
  readonly timeoutMs: number | undefined
  readonly mode: PrintMode
  readonly stats: boolean
  /** Undefined: no chaos. */
  readonly chaosMs: number | undefined
  readonly chaosSeed: number | undefined
}
