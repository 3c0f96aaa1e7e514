import { InvalidOptionError } from '../options/invalid-option-error.ts'
import type { Filters, FilterValue } from './retriever.ts'

/**
 * @throws {InvalidOptionError} for a value that cannot be compared. `undefined` is refused and not
 * skipped: a tenant that is missing by mistake would show the documents of all tenants.
 */
export function checkFilters(option: string, filters: unknown): asserts filters is Filters {
  if (typeof filters !== 'object' || filters === null || Array.isArray(filters)) {
    throw new InvalidOptionError(option, 'an object, for example { lang: "en" }', filters)
  }
  for (const [field, wanted] of Object.entries(filters)) {
    for (const value of Array.isArray(wanted) ? wanted : [wanted]) {
      if (isFilterValue(value)) continue
      throw new InvalidOptionError(
        `${option}.${field}`,
        'a string, a finite number, a boolean or an array of them (leave the field out for no filter)',
        value,
      )
    }
  }
}

function isFilterValue(value: unknown): value is FilterValue {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value === 'string' || typeof value === 'boolean'
}

/** The first filter that `metadata` do not meet. */
export function unmetFilter(
  metadata: Readonly<Record<string, unknown>>,
  filters: Filters,
): string | undefined {
  for (const [field, wanted] of Object.entries(filters)) {
    // `hasOwn`, not a look-up: every object has a `constructor`.
    const value = Object.hasOwn(metadata, field) ? metadata[field] : undefined
    const met = Array.isArray(wanted) ? wanted.includes(value) : wanted === value
    if (!met) return field
  }
  return undefined
}

/** Whether `asker` may see what belongs to `owner`. */
export function mayRead(owner: string | undefined, asker: string | undefined): boolean {
  return owner === undefined || owner === asker
}
