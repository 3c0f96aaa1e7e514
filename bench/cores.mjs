// The server on one core, the load on another: else each would be measured with the other's noise.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** Whether servers and load have a core each. */
export const isPinned = canPin

/** @returns the command and its arguments to start a program on one core, where the system can */
export function onCore(core, command, args) {
  return canPin ? ['taskset', ['-c', `${core}`, command, ...args]] : [command, args]
}

export const SERVER_CORE = 0
export const LOAD_CORE = 1
