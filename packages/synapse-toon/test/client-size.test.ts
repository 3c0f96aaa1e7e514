import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'

const CLIENT = new URL('../src/client/index.ts', import.meta.url).pathname
const ENTRY = '\0entry'

/** What a page gets that imports these from `synapse-toon/client`, without TOON, which is loaded late. */
async function bundle(...names: string[]): Promise<{ code: string; gzipped: number }> {
  const built = await rolldown({
    input: ENTRY,
    external: ['@toon-format/toon'],
    treeshake: { moduleSideEffects: [{ external: true, sideEffects: false }] },
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? id : undefined),
        load: (id) => (id === ENTRY ? `export { ${names} } from '${CLIENT}'` : undefined),
      },
    ],
  })
  const { output } = await built.generate({ format: 'esm', minify: true })
  await built.close()
  const code = output.map((part) => ('code' in part ? part.code : '')).join('')
  return { code, gzipped: gzipSync(code, { level: 9 }).length }
}

describe('what a page carries', () => {
  // Ceilings, in bytes: what is there today and a little. Measured sizes are in the benchmark folder.
  it.each([
    [['createEventStreamParser'], 1800],
    [['openStream'], 7600],
    [['EventSource'], 3400],
  ])('%s, and nothing of the others', async (names, most) => {
    const { code, gzipped } = await bundle(...names)
    expect(gzipped).toBeLessThanOrEqual(most)
    expect(code).not.toMatch(/node:(?!zlib`)|\bBuffer\b|\bprocess\./)
    const marks = {
      createEventStreamParser: /onComment/,
      openStream: /ERR_SYNAPSE_|getBuiltinModule/,
      EventSource: /about:event-stream/,
    }
    const [name] = names as [keyof typeof marks]
    expect(code).toMatch(marks.createEventStreamParser)
    expect(marks.openStream.test(code)).toBe(name === 'openStream')
    expect(marks.EventSource.test(code)).toBe(name === 'EventSource')
  })

  it('TOON only where a stream is in it', async () => {
    const { code } = await bundle('openStream')
    expect(code.match(/(import\(|from\s*|import\s*)[`'"]@toon-format/g)).toEqual([
      'import(`@toon-format',
    ])
    expect((await bundle('EventSource')).code).not.toContain('@toon-format')
  })
})
