import { describe, expect, it } from 'vitest'
import { isDamage, openError } from './level-errors.ts'

/** As classic-level gives it: what LevelDB said is the cause. */
function levelError(code: string, message: string): Error {
  const cause = Object.assign(new Error(message), { code })
  return Object.assign(new Error('Database failed to open', { cause }), {
    code: 'LEVEL_DATABASE_NOT_OPEN',
  })
}

const systemError = (code: string) => Object.assign(new Error(`${code}: mkdir '/data'`), { code })

describe('openError', () => {
  it.each<[string, Error, string, string]>([
    [
      'a lock',
      levelError('LEVEL_LOCKED', 'IO error: lock /data/LOCK: Resource temporarily unavailable'),
      'ERR_SYNAPSE_LOG_LOCKED',
      'open elsewhere',
    ],
    [
      'no permission to make it',
      systemError('EACCES'),
      'ERR_SYNAPSE_LOG_DIRECTORY',
      'may not be written by this user; change its owner',
    ],
    [
      'no permission to open it',
      levelError('LEVEL_IO_ERROR', 'IO error: /data/LOCK: Permission denied'),
      'ERR_SYNAPSE_LOG_DIRECTORY',
      'may not be written by this user; change its owner',
    ],
    [
      'a file system that is read-only',
      levelError('LEVEL_IO_ERROR', 'IO error: /data/LOCK: Read-only file system'),
      'ERR_SYNAPSE_LOG_DIRECTORY',
      'read-only; choose another directory',
    ],
    [
      'a full disk',
      levelError('LEVEL_IO_ERROR', 'IO error: /data/000003.log: No space left on device'),
      'ERR_SYNAPSE_LOG_DIRECTORY',
      'is on a disk that is full; free some of it',
    ],
    [
      'what nobody foresaw',
      levelError('LEVEL_IO_ERROR', 'IO error: /data/LOCK: Stale file handle'),
      'ERR_SYNAPSE_LOG_DIRECTORY',
      'cannot hold a log: IO error: /data/LOCK: Stale file handle',
    ],
    [
      'damage that could not be repaired',
      levelError('LEVEL_CORRUPTION', 'Corruption: bad record length'),
      'ERR_SYNAPSE_LOG_DAMAGED',
      'move the directory away',
    ],
  ])('says of %s which directory, and the cure, and keeps the cause', (_, error, code, text) => {
    const shown = openError('/data', error)
    expect(shown.code).toBe(code)
    expect(shown.message).toContain('directory /data')
    expect(shown.message).toContain(text)
    expect(shown.cause).toBe(error)
  })
})

describe('isDamage', () => {
  it.each<[boolean, string, string]>([
    [true, 'LEVEL_CORRUPTION', 'Corruption: 1 missing files; e.g.: /data/000005.ldb'],
    [true, 'LEVEL_IO_ERROR', 'IO error: /data/MANIFEST-000004: No such file or directory'],
    [true, 'LEVEL_IO_ERROR', 'IO error: /data/000005.ldb: Invalid argument'],
    [false, 'LEVEL_IO_ERROR', 'IO error: /data/000003.log: No space left on device'],
    [false, 'LEVEL_IO_ERROR', 'IO error: /data/LOCK: Permission denied'],
    [false, 'LEVEL_LOCKED', 'IO error: lock /data/LOCK: already held by process'],
  ])('is %s for %s, %s', (expected, code, message) => {
    expect(isDamage(levelError(code, message))).toBe(expected)
    expect(isDamage(levelError(code, message).cause)).toBe(expected)
  })
})
