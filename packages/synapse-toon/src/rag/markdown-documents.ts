import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RagDocument } from './retriever.ts'
import { splitMarkdown } from './split-markdown.ts'

export interface MarkdownOptions {
  /** Owner of all documents. Left out: they are public. */
  readonly userId?: string
  /** Given to every document, for filters. Default none. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/**
 * One document for each section: its title is the headings down to it (`Protocol › Resume`), its id
 * the source with the heading (`protocol.md#resume`).
 */
export function markdownDocuments(
  source: string,
  markdown: string,
  options: MarkdownOptions = {},
): RagDocument[] {
  const taken = new Map<string, number>()
  return splitMarkdown(markdown).map(({ headings, text }) => {
    const name = slug(headings.at(-1) ?? '')
    const count = (taken.get(name) ?? 0) + 1
    taken.set(name, count)
    const place = `${source}#${count === 1 ? name : `${name}~${count}`}`
    return {
      // Two users may have the same folder; their documents are not the same.
      id: options.userId === undefined ? place : `${options.userId}:${place}`,
      text,
      source,
      ...(headings.length > 0 && { title: headings.join(' › ') }),
      ...options,
    }
  })
}

/**
 * All `.md` files in a folder and below, in the order of their paths, as documents. Folders that
 * begin with a dot, `node_modules` and symbolic links are left out.
 *
 * @throws what the file system throws, when the folder or a file cannot be read
 */
export async function readMarkdownFolder(
  folder: string,
  options: MarkdownOptions = {},
): Promise<RagDocument[]> {
  const documents: RagDocument[] = []
  for (const source of await markdownFiles(folder, '')) {
    documents.push(
      ...markdownDocuments(source, await readFile(join(folder, source), 'utf8'), options),
    )
  }
  return documents
}

async function markdownFiles(root: string, below: string): Promise<string[]> {
  const files: string[] = []
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') {
      files.push(...(await markdownFiles(root, path)))
    } else if (entry.isFile() && /\.md$/i.test(entry.name)) files.push(path)
  }
  return files.sort()
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
}
