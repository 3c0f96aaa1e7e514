import { readFile } from 'node:fs/promises'

interface SeedBlock {
  /** The heading that it stands under. */
  readonly heading: string
  /** `php`, `javascript`, `html`, or `''`. */
  readonly language: string
  readonly code: string
}

export interface SeedDocument {
  /** In order, without their marks. */
  readonly headings: readonly string[]
  readonly blocks: readonly SeedBlock[]
}

/** The page that this project was built from. */
export async function readSeed(): Promise<SeedDocument> {
  const text = await readFile(new URL('./seed/streaming-sse.md', import.meta.url), 'utf8')
  const headings: string[] = []
  const blocks: SeedBlock[] = []
  for (const match of text.matchAll(/^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$/gms)) {
    const [, heading, language, code] = match
    if (heading !== undefined) headings.push(heading.trim())
    else blocks.push({ heading: headings.at(-1)!, language: language!, code: code! })
  }
  return { headings, blocks }
}

/** The one block of code under a heading of the seed. */
export async function seedBlock(heading: string): Promise<string> {
  const { blocks } = await readSeed()
  const found = blocks.filter((block) => block.heading === heading)
  if (found.length !== 1) throw new Error(`${found.length} blocks under "${heading}"`)
  return found[0]!.code
}
