/** Words that stand in every question and every document: they say nothing of what is asked. */
const STOP_WORDS = new Set(
  `a about all also am an and any are as at be been but by can could did do does doing for from get
  give gets go had happen happens has have how i if in into is it its just let like make makes may me
  might more most must my need needs no not of on or our out please say says shall she should so
  some such tell than that the their them then there these they this those to too up us use used
  uses using very want was way we were what when where which while who whom whose why will with
  would you your explain describe know work works mean means show`.split(/\s+/),
)

/** Endings that make one word look like another, longest first, and what is left in their place. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/(?:ies|ied)$/, 'y'],
  [/(?:ings?|ed|es)$/, ''],
  [/(?<!s)s$/, ''],
  [/e$/, ''],
]

/** Shorter than this, a word without its ending could be any word. */
const MIN_STEM = 3

/**
 * The form under which a word is indexed and looked up: lower case, without its English ending, so
 * that "resuming" finds "resume". Undefined for a word that says nothing.
 */
export function stem(word: string): string | undefined {
  const lower = word.toLowerCase()
  if (lower === '' || STOP_WORDS.has(lower)) return undefined
  for (const [ending, rest] of ENDINGS) {
    if (!ending.test(lower)) continue
    const stemmed = lower.replace(ending, rest)
    if (stemmed.length >= MIN_STEM) return stemmed
  }
  return lower
}

/** The stems of a text, in order, repeats and all. */
export function stems(text: string): string[] {
  return splitWords(text)
    .map(stem)
    .filter((word) => word !== undefined)
}

/** Splits at whatever is neither letter nor digit: `Last-Event-ID` is three words. */
export function splitWords(text: string): string[] {
  return text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
}
