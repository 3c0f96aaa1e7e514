/** Half of a surrogate pair, which TOON refuses: under `u` a whole pair is one character. */
const LONE_SURROGATE = /\p{Surrogate}/gu

/**
 * Longest run of one kind of characters that is kept. No language has such a word, but a document
 * may: the tokenizer's work grows with the square of it (20,000 characters take seconds).
 */
const MAX_RUN = 512
const LONG_RUN = new RegExp(
  ['[\\p{L}\\p{M}]', '[^\\s\\p{L}\\p{N}]'].map((kind) => `(${kind}{${MAX_RUN}})${kind}+`).join('|'),
  'gu',
)

/** A text as it may stand in a context: encodable, without long runs and empty space. */
export function cleanText(text: string): string {
  return text
    .replaceAll(LONE_SURROGATE, '\uFFFD')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\S\n]{64,}/g, ' ')
    .replaceAll(/[^\S\n]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replaceAll(LONG_RUN, (_, letters?: string, signs?: string) => `${letters ?? signs}…`)
    .trim()
}

/** The first `length` characters, on one line: for titles and sources. */
export function cleanLine(text: string, length: number): string {
  return clip(cleanText(text).replaceAll(/\s+/g, ' '), length)
}

/** Cuts a text that is longer, but never a surrogate pair. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}
