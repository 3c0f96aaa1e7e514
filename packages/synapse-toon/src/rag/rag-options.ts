import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { isFunction } from '../options/is-function.ts'
import { wholeNumber } from '../options/whole-number.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import type { ContextSettings, Summarize } from './build-context.ts'
import { checkFilters } from './filters.ts'
import type { Filters, Retriever, Snippet } from './retriever.ts'

export interface RagOptions {
  /** Where documents are found: a built-in retriever, or your own. */
  readonly retriever: Retriever
  /** Most snippets in a context. 1 leaves only the best. Default 3. */
  readonly limit?: number
  /** Candidates asked of the retriever, from which the best are chosen; `limit` at least. Default 10. */
  readonly searchLimit?: number
  /** Most tokens of a context, by the tokenizer of GPT-4o and newer. Default 512. */
  readonly maxTokens?: number
  /** Lowest score of a snippet, 0 to 1. 0 lets all in. Default 0. */
  readonly minScore?: number
  /** What the metadata of every document must be, equal or any of an array. `{}`: all. Default `{}`. */
  readonly metadataFilters?: Filters
  /**
   * How long a context is given again to the same query of the same user with the same filters, in
   * ms; up to 1,000 are kept. 0 switches it off. Default 0, since documents change.
   */
  readonly cacheTtl?: number
  /** Shortens a snippet that does not fit. Left out, it is trimmed at a sentence. Default none. */
  readonly summarize?: Summarize
  /** Told when `summarize` throws; the snippet is trimmed then. Default: a process warning. */
  readonly onSummarizeError?: (error: unknown, snippet: Snippet) => void
  /** Default: the system's. */
  readonly clock?: Clock
}

export interface RagSettings extends ContextSettings {
  readonly retriever: Retriever
  readonly limit: number
  readonly searchLimit: number
  readonly minScore: number
  readonly metadataFilters: Filters
  readonly cacheTtl: number
  readonly clock: Clock
}

const DEFAULTS = {
  limit: 3,
  searchLimit: 10,
  maxTokens: 512,
  minScore: 0,
  metadataFilters: {},
  cacheTtl: 0,
  clock: systemClock,
  onSummarizeError: (error: unknown) =>
    process.emitWarning(`summarize failed, the snippet is trimmed instead: ${String(error)}`, {
      code: 'SYNAPSE_RAG_SUMMARIZE',
    }),
}

/** Longest time that timers and dates agree on, 2^31 - 1 ms: 24.8 days. */
const MAX_MS = 2 ** 31 - 1

/** No model reads more, and a budget in characters would be a mistake for one in tokens. */
const MAX_TOKENS = 10_000_000

const MAX_RESULTS = 1000

type Check = (option: string, value: unknown) => void

const CHECKS: { readonly [Name in keyof Required<RagOptions>]: Check } = {
  retriever: hasMethod('search', 'a retriever, an object with search(query, options)'),
  limit: (option, value) => wholeNumber(option, value, 1, MAX_RESULTS, 'snippets, default 3'),
  searchLimit: (option, value) =>
    wholeNumber(option, value, 1, MAX_RESULTS, 'snippets, default 10'),
  maxTokens: (option, value) => wholeNumber(option, value, 1, MAX_TOKENS, 'tokens, default 512'),
  minScore: (option, value) => {
    if (typeof value === 'number' && value >= 0 && value <= 1) return
    throw new InvalidOptionError(option, 'a number from 0 to 1', value)
  },
  metadataFilters: checkFilters,
  cacheTtl: (option, value) => wholeNumber(option, value, 0, MAX_MS, 'ms, 0 switches it off'),
  summarize: isFunction,
  onSummarizeError: isFunction,
  clock: hasMethod('now', 'a clock, an object with now()'),
}

/** @throws {InvalidOptionError} names the option, its value and what it must be */
export function resolveRagOptions(options: RagOptions): RagSettings {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', 'an object with a retriever', options)
  }
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    // `hasOwn`, not a look-up: that would find `constructor` and the like.
    if (!Object.hasOwn(CHECKS, name)) {
      throw new InvalidOptionError('an option', `one of ${Object.keys(CHECKS).join(', ')}`, name)
    }
    if (value === undefined) continue
    CHECKS[name as keyof typeof CHECKS](name, value)
    given[name] = value
  }
  CHECKS.retriever('retriever', options.retriever)
  const settings: RagSettings = { ...DEFAULTS, retriever: options.retriever, ...given }
  if (settings.limit > settings.searchLimit) {
    const rule = `at most searchLimit (${settings.searchLimit}); raise that too`
    throw new InvalidOptionError('limit', rule, settings.limit)
  }
  return { ...settings, metadataFilters: { ...settings.metadataFilters } }
}

function hasMethod(method: string, rule: string): Check {
  return (option, value) => {
    const methods = value as Record<string, unknown> | null | undefined
    if (typeof methods?.[method] === 'function') return
    throw new InvalidOptionError(option, rule, value)
  }
}
