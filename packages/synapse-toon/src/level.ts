/** `synapse-toon/level`: records on this machine's disk. Needs classic-level. */
export { MissingPeerError } from './import-peer.ts'
export { createLevelLog, type LevelLogOptions } from './log/level.ts'
export { LogDamagedError, LogDirectoryError, LogLockedError } from './log/level-errors.ts'
export { LogAwayError } from './log/log-away-error.ts'
