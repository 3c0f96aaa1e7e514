import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { readSeed } from './seed-document.ts'

const ROOT = new URL('../../../', import.meta.url)
const MAP = new URL('docs/seed-map.md', ROOT)

interface Row {
  readonly seed: string
  /** The letter of a file and a test's name in it. */
  readonly file: string
  readonly test: string
}

const page = await readFile(MAP, 'utf8')

/** `**S** `path``, as the page explains its letters. */
const files = new Map(
  [...page.matchAll(/\*\*([A-Z])\*\* `([^`]+)`/g)].map(([, letter, path]) => [letter!, path!]),
)

const rows: Row[] = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| seed |'))
  .map((line) => {
    const [seed = '', , shownBy = ''] = line.slice(2).split(' | ')
    const [, file = '', test = ''] = /^([A-Z]) `(.+)`$/.exec(shownBy) ?? []
    return { seed, file, test }
  })

describe('docs/seed-map.md', () => {
  it('has a row for every heading and every block of code of the seed', async () => {
    const { headings, blocks } = await readSeed()
    expect(headings).toHaveLength(32)
    expect(blocks).toHaveLength(18)
    const wanted = [
      ...headings.map((heading) => `heading: ${heading}`),
      ...blocks.map(({ heading }) => `block: ${heading}`),
    ]
    const mapped = rows.map(({ seed }) => seed)
    expect(wanted.filter((name) => !mapped.includes(name))).toEqual([])
    // Nor does it speak of what the seed has not.
    const named = mapped.filter((name) => /^(heading|block): /.test(name))
    expect(named.filter((name) => !wanted.includes(name))).toEqual([])
  })

  it.each(rows)('names a test that exists for "$seed"', async ({ file, test }) => {
    const path = files.get(file)
    expect(path, 'the letter of a file').toBeDefined()
    const source = await readFile(new URL(path!, ROOT), 'utf8')
    // As it is written in a source: with its quotes escaped, where they are.
    expect(source.replaceAll("\\'", "'")).toContain(test)
  })

  it('links to pages that exist, as the seed does', async () => {
    const seed = await readFile(new URL('./seed/streaming-sse.md', import.meta.url), 'utf8')
    const links = [...(seed + page).matchAll(/\]\(([a-z-]+\.md)\)/g)].map(([, name]) => name!)
    expect(links).toContain('metrics-analytics.md')
    for (const name of new Set(links)) expect(existsSync(new URL(name, MAP)), name).toBe(true)
  })
})
