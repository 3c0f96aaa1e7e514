import { burst } from './burst.mjs'
import { firstWrite } from './first-write.mjs'
import { idleCpu } from './idle-cpu.mjs'
import { activeMemory, idleMemory } from './memory.mjs'
import { paced, streams } from './paced.mjs'
import { policies, stall } from './slow-client.mjs'
import { compressed, setUp, turn } from './turn.mjs'

/** In the order in which they are run and shown. */
export const MEASURES = [
  burst,
  turn,
  compressed,
  setUp,
  firstWrite,
  paced,
  streams,
  idleMemory,
  activeMemory,
  idleCpu,
  stall,
  policies,
]
