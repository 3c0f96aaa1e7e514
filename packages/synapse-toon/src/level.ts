/** `synapse-toon/level`: records on this machine's disk. Needs classic-level. */
export { createLevelLog, type LevelLogOptions } from './log/level.ts'
export { LogDamagedError, LogDirectoryError, LogLockedError } from './log/level-errors.ts'
