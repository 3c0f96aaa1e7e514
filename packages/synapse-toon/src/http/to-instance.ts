import { createSynapseToon } from '../create-synapse-toon.ts'
import type { SynapseToon, SynapseToonOptions } from '../synapse-toon.ts'

/** What every adapter takes: an instance made before, or options for one of its own. */
export function toInstance(toon: SynapseToon | SynapseToonOptions): SynapseToon {
  return 'pipe' in toon ? toon : createSynapseToon(toon)
}
