import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const SIZES = fileURLToPath(new URL('../../../bench/sizes.mjs', import.meta.url))

/** A bundle, by the benchmark that prints the sizes. Counted is what a page loads at once. */
interface Measured {
  /** Bytes, minified and gzipped. */
  readonly gzipped: number
  readonly code: string
  /** What only some streams ask for, by `import()`. */
  readonly late: readonly { readonly file: string; readonly code: string }[]
}

/** Ceilings, in bytes, and what is in one bundle and in no other. */
const PARTS = {
  'parser alone': { most: 1800, mark: /onComment/, isInAll: true },
  openStream: { most: 7000, mark: /ERR_SYNAPSE_CONNECT|message_stop/ },
  EventSource: { most: 3400, mark: /about:event-stream/ },
} as const

/** What the React hook may add to `openStream`, in bytes; React itself is the page's. */
const MOST_FOR_REACT = 2000

describe('what a page carries', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SIZES, '--json'], {
    maxBuffer: 16 * 1024 * 1024,
  })
  const sizes = JSON.parse(stdout) as Record<string, Measured>

  it.each(Object.entries(PARTS))('%s, and nothing of the others', (name, { most }) => {
    const { gzipped, code } = sizes[name]!
    expect(gzipped).toBeLessThanOrEqual(most)
    expect(code).not.toMatch(/node:|\bBuffer\b|\bprocess\./)
    for (const [other, part] of Object.entries(PARTS)) {
      expect(part.mark.test(code), other).toBe(name === other || 'isInAll' in part)
    }
  })

  it('with the React hook little more than openStream, and no React', () => {
    const { gzipped, code } = sizes['React hook, openStream included']!
    expect(gzipped - sizes.openStream!.gzipped).toBeLessThanOrEqual(MOST_FOR_REACT)
    expect(code).toMatch(/from\s*[`'"]react[`'"]/)
  })

  it('what JSON needs; the rest is loaded by the streams that ask for it, TOON last', () => {
    const { code, late } = sizes.openStream!
    expect(code).not.toMatch(/@toon-format|getBuiltinModule|atob|~standard/)
    expect(late.map(({ file }) => file).sort()).toEqual(['check-payload.js', 'late-decoder.js'])
    for (const { file } of late) expect(code).toContain(`import(\`./${file}\`)`)
    const all = late.map((chunk) => chunk.code).join('')
    expect(all).toMatch(/getBuiltinModule/)
    expect(all).toMatch(/~standard/)
    expect(all.match(/(import\(|from\s*|import\s*)[`'"]@toon-format/g)).toEqual([
      'import(`@toon-format',
    ])
    expect(sizes.EventSource!.late).toEqual([])
  })
})
