import { toTerms } from './words.ts'

const DIMENSIONS = 256

/** An `embed` for tests: counts terms by their hash, so texts with the same words point the same way. */
export async function bagOfWords(texts: string[]): Promise<number[][]> {
  return texts.map((text) => {
    const vector = new Array<number>(DIMENSIONS).fill(0)
    for (const term of toTerms(text)) {
      let hash = 7
      for (const character of term) hash = (hash * 31 + character.codePointAt(0)!) >>> 0
      vector[hash % DIMENSIONS]! += 1
    }
    return vector
  })
}
