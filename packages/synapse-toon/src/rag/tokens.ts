import { importPeer } from '../import-peer.ts'

export interface Tokenizer {
  count(text: string): number
  /** Whether `text` has at most `limit` tokens. Stops counting there, so long texts cost no more. */
  fits(text: string, limit: number): boolean
}

// Documents are data: `<|endoftext|>` in one is eleven characters, not an order and not an error.
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

let loading: Promise<Tokenizer> | undefined

/**
 * The tokenizer of the GPT-4o, o-series and GPT-5 models, `o200k_base`. Its table is 2.4 MB and takes
 * about a quarter of a second to load, so it is loaded with the first context and then kept.
 *
 * @throws {MissingPeerError} when gpt-tokenizer is not installed
 */
export function loadTokenizer(): Promise<Tokenizer> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<Tokenizer> {
  const encoding = await importPeer(
    'gpt-tokenizer',
    () => import('gpt-tokenizer/encoding/o200k_base'),
  )
  return {
    count: (text) => encoding.countTokens(text, AS_TEXT),
    fits: (text, limit) => encoding.isWithinTokenLimit(text, limit, AS_TEXT) !== false,
  }
}

/** The number of tokens that a model sees in `text`. */
export async function countTokens(text: string): Promise<number> {
  return (await loadTokenizer()).count(text)
}
