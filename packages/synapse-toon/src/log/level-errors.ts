import { SynapseToonError } from '../errors.ts'

/** The directory of a log is in use: by another process, or twice by this one. */
export class LogLockedError extends SynapseToonError {
  constructor(directory: string, options?: ErrorOptions) {
    super(
      'ERR_SYNAPSE_LOG_LOCKED',
      `directory ${directory} holds a log that is open elsewhere; end that process, or give each process a directory of its own (createRedisLog shares one log among several)`,
      options,
    )
  }
}

/** The directory of a log cannot be made, read or written. */
export class LogDirectoryError extends SynapseToonError {
  constructor(directory: string, why: string, options?: ErrorOptions) {
    super('ERR_SYNAPSE_LOG_DIRECTORY', `directory ${directory} ${why}`, options)
  }
}

/** The files of a log are damaged, and could not be repaired. */
export class LogDamagedError extends SynapseToonError {
  constructor(directory: string, options?: ErrorOptions) {
    super(
      'ERR_SYNAPSE_LOG_DAMAGED',
      `the log in directory ${directory} is damaged and could not be repaired; move the directory away, and start again with an empty one: clients of the streams in it will be told that they are gone`,
      options,
    )
  }
}

const WHY: Readonly<Record<string, string>> = {
  EEXIST: 'is a file; choose another directory',
  ENOTDIR: 'is below a file; choose another directory',
  EACCES: 'may not be written by this user; change its owner, or choose another directory',
  EPERM: 'may not be written by this user; change its owner, or choose another directory',
  EROFS: 'is on a file system that is read-only; choose another directory',
  ENOSPC: 'is on a disk that is full; free some of it',
}

/** LevelDB names errors of the system by their text only. */
const TEXTS: readonly (readonly [string, string])[] = [
  ['Permission denied', 'EACCES'],
  ['Operation not permitted', 'EPERM'],
  ['Read-only file system', 'EROFS'],
  ['No space left', 'ENOSPC'],
  ['Not a directory', 'ENOTDIR'],
]

/** What went wrong when a log was opened, as an error of ours: says which directory, and the cure. */
export function openError(directory: string, error: unknown): SynapseToonError {
  const cause = rootOf(error)
  if (cause.code === 'LEVEL_LOCKED') return new LogLockedError(directory, { cause: error })
  if (isDamage(error)) return new LogDamagedError(directory, { cause: error })
  const code = TEXTS.find(([text]) => cause.message.includes(text))?.[1] ?? cause.code
  const why = WHY[code ?? ''] ?? `cannot hold a log: ${cause.message}`
  return new LogDirectoryError(directory, why, { cause: error })
}

/** Of a file that should be there, or is empty. */
const DAMAGED_FILE = /(MANIFEST-\d+|\.ldb|\.log): (No such file or directory|Invalid argument)$/

/** Whether LevelDB has found its files damaged. */
export function isDamage(error: unknown): boolean {
  const { code, message } = rootOf(error)
  return code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && DAMAGED_FILE.test(message))
}

/** LevelDB's own error is the cause of another one that only says that it is not open. */
function rootOf(error: unknown): Error & { readonly code?: string } {
  const { cause } = error as Error
  return cause instanceof Error ? rootOf(cause) : (error as Error)
}
