import { encode } from '@toon-format/toon'
import { cleanLine, cleanText, clip } from './clean-text.ts'
import { RetrieverError } from './errors.ts'
import type { Snippet } from './retriever.ts'
import type { Tokenizer } from './tokens.ts'
import { trimText } from './trim-text.ts'

/** Shortens a snippet that does not fit. What it gives is trimmed to the budget again. */
export type Summarize = (
  snippet: Snippet,
  options: { query: string; maxTokens: number; signal?: AbortSignal | undefined },
) => string | Promise<string>

export interface ContextSettings {
  readonly maxTokens: number
  readonly summarize?: Summarize | undefined
  readonly onSummarizeError: (error: unknown, snippet: Snippet) => void
}

interface Row {
  readonly source: string
  readonly title: string
  readonly text: string
}

/** Longest title and source in characters; a path or a trail of headings is shorter. */
const MAX_LABEL = 200

/**
 * Characters looked at for each token of the budget. Text has 4 to 5 in English and 1 to 2 in
 * Chinese, so what lies behind could not fit, and a document of megabytes costs no more than one.
 */
const MAX_CHARACTERS_PER_TOKEN = 16

/** With fewer tokens left there is nothing to ask a summary for. */
const MIN_SUMMARY_TOKENS = 8

/**
 * The snippets as one TOON table, best first, of at most `maxTokens` tokens: what comes first is
 * kept whole, what does not fit is summarized or trimmed, and left out when nothing of sense remains.
 *
 * @returns '' when there is nothing to show
 */
export async function buildContext(
  query: string,
  snippets: readonly Snippet[],
  settings: ContextSettings,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
): Promise<string> {
  const { maxTokens } = settings
  const rows: Row[] = []
  for (const snippet of snippets) {
    const label = {
      source: cleanLine(snippet.source ?? '', MAX_LABEL),
      title: cleanLine(snippet.title ?? '', MAX_LABEL),
    }
    const document = (text: string) => toDocument([...rows, { ...label, text }])
    // The whole document is counted each time: tokens of parts do not add up to those of the whole.
    const fits = (text: string) => tokenizer.fits(document(text), maxTokens)
    const whole = cleanText(snippet.text)
    const clipped = clip(whole, maxTokens * MAX_CHARACTERS_PER_TOKEN)
    let text = clipped.length === whole.length && fits(whole) ? whole : undefined
    if (text === undefined && settings.summarize !== undefined) {
      const left = maxTokens - tokenizer.count(document(''))
      const summary = left < MIN_SUMMARY_TOKENS ? '' : await summarize(snippet, left)
      if (summary !== undefined) {
        text = trimText(clip(cleanText(summary), maxTokens * MAX_CHARACTERS_PER_TOKEN), fits)
      }
    }
    text ??= trimText(clipped, fits)
    if (text !== '') rows.push({ ...label, text })
  }
  return rows.length === 0 ? '' : toDocument(rows)

  /** @returns undefined when it failed: a summary is a convenience, the context is not */
  async function summarize(snippet: Snippet, maxTokens: number): Promise<string | undefined> {
    try {
      const summary: unknown = await settings.summarize?.(snippet, { query, maxTokens, signal })
      if (typeof summary === 'string') return summary
      throw new RetrieverError('summarize', 'a string', summary)
    } catch (error) {
      signal?.throwIfAborted()
      settings.onSummarizeError(error, snippet)
      return undefined
    }
  }
}

/** A column that is empty in all rows is left out. */
function toDocument(rows: readonly Row[]): string {
  const columns = (['source', 'title', 'text'] as const).filter(
    (column) => column === 'text' || rows.some((row) => row[column] !== ''),
  )
  const context = rows.map((row) =>
    Object.fromEntries(columns.map((column) => [column, row[column]])),
  )
  return encode({ context })
}
