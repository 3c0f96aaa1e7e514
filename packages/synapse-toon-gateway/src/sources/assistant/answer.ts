import type { Found, Library } from './library.ts'
import { quote, wordCount } from './quote.ts'

/** Said at the start of every answer, so that nobody takes quotations for thought. */
export const INTRODUCTION = 'I am not a language model: I quote the documentation.'

/** Most sections that are quoted. */
const MAX_QUOTES = 3

/** Words of one answer, more or less. */
const ANSWER_WORDS = 150

/** Words of the best section; the others share the rest. */
const FIRST_QUOTE_WORDS = 75

/** Fewer words than this are not worth a section. */
const MIN_QUOTE_WORDS = 15

const MAX_TOPICS = 6

/** The whole answer to a question, as Markdown. The same for the same question. */
export function answer(library: Library, question: string): string {
  return `${INTRODUCTION}\n\n${quotations(library.search(question)) || nothingFound(library)}`
}

/** '' when nothing was found, or nothing that is short enough. */
function quotations(found: readonly Found[]): string {
  const parts: string[] = []
  let left = ANSWER_WORDS
  for (const { section, terms } of found) {
    if (parts.length === MAX_QUOTES || left < MIN_QUOTE_WORDS) break
    const rest = Math.ceil(left / (MAX_QUOTES - parts.length))
    const text = quote(section, terms, parts.length === 0 ? FIRST_QUOTE_WORDS : rest)
    if (text === '') continue
    parts.push(`${sourceLine(section)}\n\n${text}`)
    left -= wordCount(text)
  }
  return parts.join('\n\n')
}

function sourceLine({ file, heading }: Found['section']): string {
  return heading === '' ? `From \`${file}\`:` : `From \`${file}\`, "${heading}":`
}

function nothingFound({ documents }: Library): string {
  if (documents.length === 0) {
    return 'There is no documentation here. Start the gateway with --docs and a folder of Markdown files, or connect a language model.'
  }
  const topics = documents.slice(0, MAX_TOPICS).map(({ file, title }) => `- ${title} (\`${file}\`)`)
  return `Nothing in it matches your question. It has something on:\n\n${topics.join('\n')}`
}
