import type { Block, Section } from './sections.ts'
import { stems } from './words.ts'

/** Longest code that is quoted, in lines with its fences: it is quoted whole or not at all. */
const MAX_CODE_LINES = 14

/** Room for fewer words than this is no room. */
const MIN_WORDS = 8

/**
 * The part of a section that answers best, as Markdown: from the block with most of the terms on,
 * as many blocks as fit, because what stands together reads together. Where the heading says it as
 * well as any block, from the start.
 *
 * @param terms stems to look for
 * @param budget words, more or less: neither a sentence nor code is cut
 */
export function quote(section: Section, terms: readonly string[], budget: number): string {
  const { blocks, heading } = section
  const wanted = new Set(terms)
  const scores = blocks.map((block) => score(block.text, wanted))
  const best = Math.max(...scores)
  const start = score(heading, wanted) >= best ? 0 : scores.indexOf(best)
  const chosen: string[] = []
  let left = budget
  for (const block of blocks.slice(start)) {
    if (chosen.length > 0 && left < MIN_WORDS) break
    const text = part(block, left, chosen.length === 0 ? wanted : undefined)
    // What does not fit is passed over at the start, and ends the quotation later.
    if (text === undefined && chosen.length > 0) break
    if (text === undefined) continue
    chosen.push(text)
    left -= wordCount(text)
  }
  return join(withoutLooseEnd(chosen))
}

export function wordCount(text: string): number {
  return words(text).length
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** "For example:" is nothing without its example, unless it is all there is. */
function withoutLooseEnd(parts: readonly string[]): readonly string[] {
  return parts.length > 1 && parts.at(-1)!.endsWith(':') ? parts.slice(0, -1) : parts
}

/** How many of the terms stand in a text. */
function score(text: string, wanted: ReadonlySet<string>): number {
  return new Set(stems(text).filter((word) => wanted.has(word))).size
}

/** @param wanted terms to begin with; undefined: begin at the beginning */
function part(
  { kind, text }: Block,
  budget: number,
  wanted: ReadonlySet<string> | undefined,
): string | undefined {
  if (kind === 'code') return fit(text, budget)
  return wanted === undefined ? firstPart(text, budget) : bestPart(text, wanted, budget)
}

/** Code, when it is short enough to be quoted whole; it may take a little more than its share. */
function fit(code: string, budget: number): string | undefined {
  const isShort = code.split('\n').length <= MAX_CODE_LINES
  return isShort && wordCount(code) <= budget + MIN_WORDS * 2 ? code : undefined
}

/** The sentences from the best one on, as many as fit; at least that one. */
function bestPart(text: string, wanted: ReadonlySet<string>, budget: number): string {
  if (wordCount(text) <= budget) return text
  const sentences = splitSentences(text)
  const scores = sentences.map((sentence) => score(sentence, wanted))
  const from = scores.indexOf(Math.max(...scores))
  const rest = sentences.slice(from).join(' ')
  const part = firstPart(rest, budget) ?? `${words(rest).slice(0, budget).join(' ')} …`
  return from > 0 ? `… ${part}` : part
}

/** The first sentences, as many as fit; undefined where not even one does. */
function firstPart(text: string, budget: number): string | undefined {
  const taken: string[] = []
  let left = budget
  for (const sentence of splitSentences(text)) {
    left -= wordCount(sentence)
    if (left < 0) return taken.length === 0 ? undefined : `${taken.join(' ')} …`
    taken.push(sentence)
  }
  return taken.join(' ')
}

function splitSentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+(?=\S)/)
}

/** Items of one list stay together; everything else is a paragraph of its own. */
function join(parts: readonly string[]): string {
  return parts
    .map((text, at) => {
      const before = parts[at - 1]
      if (before === undefined) return text
      return isItem(before) && isItem(text) ? `\n${text}` : `\n\n${text}`
    })
    .join('')
}

function isItem(text: string): boolean {
  return /^(?:[-*+]|\d{1,3}[.)])\s/.test(text)
}
