import { UNSPACED } from './words.ts'

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Longest text given to the segmenter at once: each of its steps copies the whole of it. */
const SEGMENTED = /[\s\S]{1,256}/gu

const WORD = /[\p{L}\p{N}\p{M}]+/gu
/** A stop before a space, one of a script that has none, or the end of a line. */
const SENTENCE_END = /[.!?…:;]['")\]»”’]*(?=\s|$)|[。！？；]['"」』）]*|(?=\n)/g

/** With fewer words a cut text says nothing any more. */
const MIN_WORDS = 4

/** A sentence's end is worth losing up to this share of what would have fitted. */
const MAX_LOSS = 0.4

/** Characters of a sentence's end, such as `."`, that stand behind its last word. */
const STOP_LENGTH = 3

/**
 * The longest beginning of `text` that fits, cut after a sentence, else after a word, with an
 * ellipsis; '' when too little is left to mean anything. The text as it is when it fits whole.
 *
 * `fits` is asked about the logarithm of the number of words, and the answer always passed it: token
 * counts do not grow evenly, so no cut is used that was not counted.
 */
export function trimText(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text
  const ends = wordEnds(text)
  const afterWord = (count: number) => `${text.slice(0, ends[count - 1])}…`
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(afterWord(middle))) low = middle
    else high = middle - 1
  }
  if (low < MIN_WORDS) return ''
  const end = ends[low - 1]!
  const sentence = sentenceEnd(text.slice(0, end + STOP_LENGTH))
  if (sentence >= end * (1 - MAX_LOSS) && sentence >= ends[MIN_WORDS - 1]!) {
    const cut = `${text.slice(0, sentence).trimEnd()} …`
    if (fits(cut)) return cut
  }
  return afterWord(low)
}

function wordEnds(text: string): number[] {
  const ends: number[] = []
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (word.search(UNSPACED) < 0) ends.push(index + word.length)
    else for (const end of segmentEnds(word)) ends.push(index + end)
  }
  return ends
}

/** Where words end in a script that puts no space between them. */
function* segmentEnds(run: string): Iterable<number> {
  for (const { 0: part, index: start } of run.matchAll(SEGMENTED)) {
    for (const { index, segment } of SEGMENTER.segment(part)) yield start + index + segment.length
  }
}

/** Where the last sentence ends; 0 for none. */
function sentenceEnd(text: string): number {
  let last = 0
  for (const { 0: stop, index } of text.matchAll(SENTENCE_END)) last = index + stop.length
  return last
}
