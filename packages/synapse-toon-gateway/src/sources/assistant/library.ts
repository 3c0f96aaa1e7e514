import MiniSearch from 'minisearch'
import type { Document, Section } from './sections.ts'
import { splitWords, stem, stems } from './words.ts'

/** A section that was found, with the question's stems that it holds. */
export interface Found {
  readonly section: Section
  readonly terms: readonly string[]
}

/** Documents that can be searched. */
export interface Library {
  readonly documents: readonly Document[]
  /** Best first; the same question always finds the same. */
  search(question: string): readonly Found[]
}

/** Share of the question's words that a section must hold: one word of many is a coincidence. */
const MIN_SHARE = 1 / 3

/** Share of the best section's score below which another adds nothing. */
const MIN_SCORE = 0.2

/** A shorter word is within one letter of too many others. */
const MIN_FUZZY_LENGTH = 5

/** A shorter beginning is the beginning of too many words. */
const MIN_PREFIX_LENGTH = 4

/** Puts documents into a full-text index, section by section. */
export function createLibrary(documents: readonly Document[]): Library {
  const sections = documents.flatMap((document) =>
    document.sections.map((section) => ({ section, title: document.title })),
  )
  const index = new MiniSearch({
    fields: ['heading', 'title', 'text'],
    tokenize: splitWords,
    processTerm: (word) => stem(word) ?? null,
    searchOptions: {
      boost: { heading: 3, title: 1.5 },
      fuzzy: (term) => (term.length >= MIN_FUZZY_LENGTH ? 1 : false),
      prefix: (term) => term.length >= MIN_PREFIX_LENGTH,
    },
  })
  index.addAll(
    sections.map(({ section, title }, id) => ({
      id,
      title,
      heading: section.heading,
      text: section.blocks.map((block) => block.text).join('\n'),
    })),
  )

  return {
    documents,
    search(question) {
      const asked = new Set(stems(question))
      if (asked.size === 0) return []
      // Equal scores in the order of the documents.
      const results = index.search(question).sort((a, b) => b.score - a.score || a.id - b.id)
      const enough = Math.ceil(asked.size * MIN_SHARE)
      const relevant = results.filter(({ queryTerms }) => new Set(queryTerms).size >= enough)
      const best = relevant[0]?.score ?? 0
      return relevant
        .filter(({ score }) => score >= best * MIN_SCORE)
        .map(({ id, terms }) => ({ section: sections[id]!.section, terms }))
    },
  }
}
