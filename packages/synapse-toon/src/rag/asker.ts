import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { checkFilters } from './filters.ts'
import type { Filters, FilterValue } from './retriever.ts'

/**
 * Who asks, and further metadata that documents must meet. `user_id` is another name for `userId`.
 * A number is the same user as its digits; `undefined` and `null` are somebody unknown, who gets
 * public documents only.
 */
export interface Asker {
  readonly userId?: string | number | null | undefined
  readonly user_id?: string | number | null | undefined
  readonly [field: string]: FilterValue | readonly FilterValue[] | null | undefined
}

/** @throws {InvalidOptionError} for a user id that could be mistaken for another, and bad filters */
export function resolveAsker(
  asker: Asker,
  metadataFilters: Filters,
): { userId: string | undefined; filters: Filters } {
  if (typeof asker !== 'object' || asker === null || Array.isArray(asker)) {
    throw new InvalidOptionError('the asker', 'an object, for example { userId }', asker)
  }
  const { userId, user_id, ...filters } = asker
  checkFilters('metadata', filters)
  const given = checkUserId('userId', userId)
  const seed = checkUserId('user_id', user_id)
  if (given !== undefined && seed !== undefined && given !== seed) {
    throw new InvalidOptionError('user_id', 'the same as userId, or left out', user_id)
  }
  return { userId: given ?? seed, filters: { ...metadataFilters, ...filters } }
}

function checkUserId(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '') return value
  if (Number.isSafeInteger(value)) return String(value)
  throw new InvalidOptionError(
    name,
    'a string that is not empty, a whole number, or left out (public documents only)',
    value,
  )
}
