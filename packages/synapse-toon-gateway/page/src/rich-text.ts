/** A block of an answer. Markup we do not know stays as it was typed. */
export type Block =
  | { kind: 'paragraph'; text: string }
  | { kind: 'code'; language: string; text: string }

/** A piece of a paragraph. */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'link'; text: string; href: string }

const FENCE = /^ *(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/

/** Splits an answer into paragraphs and fenced code; an open fence lasts to the end. */
export function parseBlocks(text: string): Block[] {
  const blocks: Block[] = []
  let lines: string[] = []
  let fence: { mark: string; language: string } | undefined

  const flush = () => {
    if (fence) blocks.push({ kind: 'code', language: fence.language, text: lines.join('\n') })
    else if (lines.length > 0) blocks.push({ kind: 'paragraph', text: lines.join('\n') })
    lines = []
  }

  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, mark, language = ''] = FENCE.exec(line) ?? []
    if (fence ? isClosing(line, fence.mark) : mark !== undefined) {
      flush()
      fence = fence || mark === undefined ? undefined : { mark, language }
    } else if (!fence && line.trim() === '') {
      flush()
    } else {
      lines.push(line)
    }
  }
  flush()
  return blocks
}

// [CommonMark §4.5] A fence closes with the same mark, at least as long as it opened.
function isClosing(line: string, mark: string): boolean {
  const closing = line.trim()
  return closing.length >= mark.length && closing === mark.charAt(0).repeat(closing.length)
}

// In this order: a code span hides whatever it holds, a named link holds a bare one. `[` may not
// recur in a link's name, so an unclosed one is scanned once and not once per bracket.
const TRAILING = ".,;:!?'*_"
const INLINE =
  /(?<!`)(?<ticks>`+)(?!`)(?<code>[\s\S]+?)(?<!`)\k<ticks>(?!`)|\[(?<label>[^[\]\n]+)\]\((?<target>https?:\/\/[^\s()]+)\)|(?<bare>https?:\/\/[^\s<>"`]+)/gi

/** Splits a paragraph into text, code spans and http(s) links. */
export function parseInline(text: string): Inline[] {
  const pieces: Inline[] = []
  let end = 0
  for (const match of text.matchAll(INLINE)) {
    const piece = toPiece(match.groups ?? {})
    if (!piece) continue
    if (match.index > end) pieces.push({ kind: 'text', text: text.slice(end, match.index) })
    pieces.push(piece)
    // A bare link gives back the punctuation that follows it.
    const taken = match.groups?.bare === undefined ? match[0].length : piece.text.length
    end = match.index + taken
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) })
  return pieces
}

function toPiece({ code, label, target, bare }: Record<string, string | undefined>) {
  if (code !== undefined) return { kind: 'code' as const, text: trimSpan(code) }
  if (label !== undefined && target !== undefined) return link(label, target)
  if (bare !== undefined) return link(trimBare(bare), trimBare(bare))
  return undefined
}

function link(text: string, address: string): Inline | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, href } = new URL(address)
  return protocol === 'https:' || protocol === 'http:' ? { kind: 'link', text, href } : undefined
}

// [CommonMark §6.1] One space on each side goes, so that a span can begin with a backtick.
function trimSpan(code: string): string {
  return /^ .* $/s.test(code) && code.trim() !== '' ? code.slice(1, -1) : code
}

// "(see https://a.example/b_(c))." keeps its own brackets and loses the sentence's.
function trimBare(address: string): string {
  let surplus = address.split(')').length - address.split('(').length
  let end = address.length
  while (end > 0) {
    const tail = address.charAt(end - 1)
    if (tail === ')' && surplus > 0) surplus -= 1
    else if (!TRAILING.includes(tail)) break
    end -= 1
  }
  return address.slice(0, end)
}
