import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const DIST = new URL('../dist/', import.meta.url)

/** All files that a page loads with an entry, by their imports. */
async function loadedWith(entry: string, seen = new Map<string, string[]>()) {
  if (seen.has(entry)) return seen
  const source = await readFile(new URL(entry, DIST), 'utf8')
  const imports = [...source.matchAll(/^(?:import|export) .*?from "([^"]+)"/gm)].map(
    ([, name]) => name!,
  )
  seen.set(entry, imports)
  for (const name of imports.filter((one) => one.startsWith('./'))) {
    await loadedWith(name.slice(2), seen)
  }
  return seen
}

describe('synapse-toon/client, as it is built', () => {
  it('imports nothing that a browser has not, and nothing of the server', async () => {
    const loaded = await loadedWith('client.js')
    const foreign = [...loaded.values()].flat().filter((name) => !name.startsWith('./'))
    expect(new Set(foreign)).toEqual(new Set(['@toon-format/toon']))
    const sources = await Promise.all(
      [...loaded.keys()].map((file) => readFile(new URL(file, DIST), 'utf8')),
    )
    const bytes = sources.join('').length
    // As it is built, with comments: parser, `openStream` and `EventSource`. A page's bundler takes what
    // it uses of it.
    expect(bytes).toBeLessThan(80_000)
    expect(sources.join('')).not.toMatch(/\bprocess\.|\bBuffer\b/)
  })
})
