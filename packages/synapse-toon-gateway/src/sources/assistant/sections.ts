/** A piece of a section that is quoted or left out as one. */
export interface Block {
  readonly kind: 'text' | 'item' | 'code'
  /** As it is quoted: text on one line, code with its fences. */
  readonly text: string
}

/** What stands under one heading. */
export interface Section {
  /** Path of the file inside the folder. */
  readonly file: string
  /** Headings down to this one, without the file's title: `Resume › Gaps`; '' above all headings. */
  readonly heading: string
  readonly blocks: readonly Block[]
}

export interface Document {
  readonly file: string
  /** The first heading of level 1; the file's name where there is none. */
  readonly title: string
  readonly sections: readonly Section[]
}

const FENCE = /^\s*(`{3,}|~{3,})/
const HEADING = /^(#{1,6})\s+(.+?)\s*#*$/
const ITEM = /^\s*(?:[-*+]|\d{1,3}[.)])\s+/
/** The line between a table's head and its rows. */
const TABLE_RULE = /^\s*\|[\s:|-]*-[\s:|-]*$/

/** Splits Markdown at its headings, and what is between them into blocks. */
export function splitSections(file: string, markdown: string): Document {
  const sections: Section[] = []
  const trail: string[] = []
  let title: string | undefined
  let blocks: Block[] = []
  let lines: string[] = []
  let fence: string | undefined

  const endBlock = () => {
    const block = fence === undefined ? textBlock(lines) : codeBlock(lines)
    if (block !== undefined) blocks.push(block)
    lines = []
  }
  const endSection = () => {
    endBlock()
    const heading = trail.filter(Boolean).join(' › ')
    if (blocks.length > 0) sections.push({ file, heading, blocks })
    blocks = []
  }

  for (const line of withoutComments(markdown).split(/\r\n|\r|\n/)) {
    const mark = FENCE.exec(line)?.[1]
    if (fence !== undefined) {
      lines.push(line)
      if (!isClosing(line, fence)) continue
      endBlock()
      fence = undefined
    } else if (mark !== undefined) {
      endBlock()
      fence = mark
      lines = [line]
    } else if (HEADING.test(line)) {
      const [, marks = '', words = ''] = HEADING.exec(line)!
      endSection()
      if (marks.length === 1 && title === undefined) title = plain(words)
      else {
        // The file's title is not repeated in every heading below it, so level 2 comes first.
        const depth = Math.max(0, marks.length - 2)
        trail.length = depth
        trail[depth] = plain(words)
      }
    } else if (TABLE_RULE.test(line)) {
      // The head of the table, which without its table says nothing.
      lines = []
    } else if (line.trim() === '') endBlock()
    else {
      if (ITEM.test(line) || line.trimStart().startsWith('|')) endBlock()
      lines.push(line)
    }
  }
  endSection()
  return { file, title: title ?? file, sections }
}

// [CommonMark §4.5] a fence closes with the same mark, at least as long as it opened.
function isClosing(line: string, fence: string): boolean {
  const closing = line.trim()
  return closing.length >= fence.length && closing === fence.charAt(0).repeat(closing.length)
}

function codeBlock(lines: readonly string[]): Block | undefined {
  return lines.length > 2 ? { kind: 'code', text: lines.join('\n') } : undefined
}

function textBlock(lines: readonly string[]): Block | undefined {
  const joined = lines.map((line) => line.trim()).join(' ')
  // Rules, and HTML for badges and pictures: nothing to quote.
  if (/^(<|[-*_]{3,}$)/.test(joined)) return undefined
  const text = plain(joined.startsWith('|') ? tableRow(joined) : joined.replace(/^(> ?)+/, ''))
  if (text === '') return undefined
  return { kind: ITEM.test(text) ? 'item' : 'text', text }
}

function tableRow(row: string): string {
  // [GFM §4.10] a pipe inside a cell is written `\|`.
  const cells = row.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim())
  const [name, ...values] = cells.filter((cell) => cell !== '')
  if (name === undefined) return ''
  return values.length === 0 ? `- ${name}` : `- ${name}: ${values.join(' · ')}`
}

/** Drops what only a renderer of the whole file makes sense of: pictures, bold, relative links. */
function plain(text: string): string {
  return text
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replaceAll(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, '$1')
    .replaceAll(/\*\*(?=\S)(.+?)(?<=\S)\*\*/g, '$1')
    .trim()
}

function withoutComments(markdown: string): string {
  return markdown.replaceAll(/<!--[\s\S]*?-->/g, '')
}
