/** What stands under one heading, or a part of it. */
export interface MarkdownSection {
  /** The headings down to this one, the file's title first; empty above all headings. */
  readonly headings: readonly string[]
  /** Markdown without the heading. */
  readonly text: string
}

/** Longest section in characters, about 350 tokens: a longer one leaves no room for others. */
const MAX_SECTION = 1400

const FENCE = /^\s*(`{3,}|~{3,})/
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/
/** A line that, under a line of text, makes that a heading. [CommonMark §4.3] */
const UNDERLINE = /^ {0,3}(=+|-+)\s*$/
/** Lines that `---` can follow without making them a heading: lists, quotes, tables. */
const NO_HEADING = /^\s*(?:[-*+>|]|\d+[.)])/

/** Splits Markdown at its headings; sections without text are left out. */
export function splitMarkdown(markdown: string): MarkdownSection[] {
  const sections: MarkdownSection[] = []
  const trail: string[] = []
  let lines: string[] = []
  let fence: string | undefined

  function startSection(level: number, heading: string): void {
    endSection()
    trail.length = Math.min(trail.length, level - 1)
    trail[level - 1] = heading.trim()
  }
  function endSection(): void {
    // Array.from fills the holes of a level 3 right under a level 1.
    const headings = Array.from(trail, (heading) => heading ?? '').filter(Boolean)
    for (const text of splitLong(lines)) sections.push({ headings, text })
    lines = []
  }

  for (const line of withoutFrontMatter(markdown).split(/\r\n|\r|\n/)) {
    const mark = FENCE.exec(line)?.[1]
    if (fence !== undefined) {
      lines.push(line)
      if (closes(line, fence)) fence = undefined
      continue
    }
    const heading = HEADING.exec(line)
    const underlined = UNDERLINE.exec(line)?.[1]
    const above = lines.at(-1)
    if (mark !== undefined) {
      fence = mark
      lines.push(line)
    } else if (heading !== null) startSection(heading[1]!.length, heading[2] ?? '')
    else if (underlined !== undefined && above?.trim() && !NO_HEADING.test(above)) {
      lines.pop()
      startSection(underlined.startsWith('=') ? 1 : 2, above)
    } else lines.push(line)
  }
  endSection()
  return sections
}

// [CommonMark §4.5] a fence closes with the same mark, at least as long as it opened.
function closes(line: string, fence: string): boolean {
  const mark = line.trim()
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length)
}

function withoutFrontMatter(markdown: string): string {
  return markdown.replace(
    /^\uFEFF?(---|\+\+\+)[ \t]*\r?\n(?:[\s\S]*?\r?\n)??\1[ \t]*(?:\r?\n|$)/,
    '',
  )
}

/** Cuts at blank lines outside of code where it can, else at lines, else in the line. */
function splitLong(lines: readonly string[]): string[] {
  const parts: string[] = []
  let part = ''
  const add = (piece: string, separator: string) => {
    if (part !== '' && part.length + separator.length + piece.length > MAX_SECTION) {
      parts.push(part)
      part = piece
    } else part = part === '' ? piece : part + separator + piece
  }
  for (const block of blocksOf(lines)) {
    if (block.length <= MAX_SECTION) add(block, '\n\n')
    else for (const line of block.split('\n')) for (const piece of pieces(line)) add(piece, '\n')
  }
  if (part !== '') parts.push(part)
  return parts
}

function blocksOf(lines: readonly string[]): string[] {
  const blocks: string[] = []
  let block: string[] = []
  let fence: string | undefined
  const end = () => {
    const text = block.join('\n').trimEnd()
    if (text.trim() !== '') blocks.push(text)
    block = []
  }
  for (const line of lines) {
    if (fence === undefined && line.trim() === '') end()
    else block.push(line)
    if (fence === undefined) fence = FENCE.exec(line)?.[1]
    else if (closes(line, fence)) fence = undefined
  }
  end()
  return blocks
}

/** A line that is too long, cut behind spaces, and never inside of a character. */
function pieces(line: string): string[] {
  const cut = new RegExp(
    `[\\s\\S]{1,${MAX_SECTION - 1}}(?:\\s|$)|[\\s\\S]{1,${MAX_SECTION / 2}}`,
    'gu',
  )
  return line.length <= MAX_SECTION ? [line] : (line.match(cut) ?? [])
}
