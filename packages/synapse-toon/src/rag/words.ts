/** Words that stand in every question and every document: they say nothing of what is asked. */
const STOP_WORDS = new Set(
  `a about after again all already also am an and another any anything are as at be because been
  before being between both but by can cannot could did do does doing done each else even ever every
  for from get gets getting give gives go goes going got had has have having here how i if in into is
  it its itself just let like make makes making many may me might mine more most much must my need
  needs no nor not now of off on once one only or other our out over own please put same say says
  see shall she should so some someone something such tell than that the their them then there these
  they thing things this those though to too under up upon us use used uses using very want wants was
  way we well were what whatever when where whether which while who whom whose why will with without
  explain happen happened happens know look looks mean means show shows work works
  would yet you your don doesn isn aren won t s re ll ve d m`.split(/\s+/),
)

/** Scripts that put no space between words: these are indexed by pairs of characters. */
export const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu

/** Between the humps of `maxBufferSize` and `HTTPServer`. */
const HUMP = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u

/** Endings that make one word look like another, and what is left in their place; the first counts. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/(?:ies|ied)$/, 'y'],
  [/ations?$/, 'at'],
  [/ions?$/, ''],
  [/ments?$/, ''],
  [/(?:ing|ed)s?$/, ''],
  [/(?<=s|x|z|ch|sh)es$/, ''],
  [/(?<!s)s$/, ''],
]

/** Shorter than this, a word without its ending could be any word. */
const MIN_STEM = 3

/**
 * The terms under which a text is found, in order and with repeats. The same for documents and for
 * questions, so that "resuming" finds "resumes" and "buffer" finds `maxBufferSize`.
 */
export function toTerms(text: string): string[] {
  const terms: string[] = []
  for (const word of text.normalize('NFKC').split(/[^\p{L}\p{N}\p{M}]+/u)) {
    if (word === '') continue
    for (const run of word.match(UNSPACED) ?? []) terms.push(...pairs(run))
    for (const part of word.replaceAll(UNSPACED, ' ').split(' ')) addWord(part, terms)
  }
  return terms
}

function addWord(word: string, terms: string[]): void {
  const humps = word.split(HUMP)
  for (const part of humps.length > 1 ? [word, ...humps] : humps) {
    const lower = part.toLowerCase()
    if (lower !== '' && !STOP_WORDS.has(lower)) terms.push(stem(lower))
  }
}

function pairs(run: string): string[] {
  const characters = [...run]
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, index) => characters[index] + character)
}

function stem(word: string): string {
  for (const [ending, rest] of ENDINGS) {
    if (!ending.test(word)) continue
    const short = word.replace(ending, rest)
    // stopped → stopp → stop
    if (short.length >= MIN_STEM) return withoutE(short.replace(/([bdgmnprt])\1$/, '$1'))
  }
  return withoutE(word)
}

function withoutE(word: string): string {
  return word.length > MIN_STEM && word.endsWith('e') ? word.slice(0, -1) : word
}
