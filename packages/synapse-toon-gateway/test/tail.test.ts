import { fileURLToPath } from 'node:url'
import { createScriptedSource } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { startNode, startProcess } from '../../synapse-toon/test/child-process-kit.ts'
import { serveStreams } from '../src/tail/tail-kit.ts'

/** Built: pipes and signals are those of a process of its own. */
const CLI = fileURLToPath(new URL('../dist/cli.mjs', import.meta.url))

const lines = Array.from({ length: 400 }, (_, n) => ({ yield: { delta: `line ${n}\n` } }))

describe('synapse-toon tail, as it is installed', () => {
  it('prints an answer to the last letter, and ends with 0', async () => {
    const { url } = await serveStreams(createScriptedSource(lines).source)
    const child = startNode([CLI, 'tail', url, '-d', '{}', '--stats'])
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(child.stdout).toBe(lines.map((step) => step.yield.delta).join(''))
    expect(child.stderr).toMatch(/^synapse-toon: first event .*, 400 events.*\n$/)
  })

  it('ends quietly when whoever reads it leaves', async () => {
    const { url, toon } = await serveStreams(
      createScriptedSource([...lines, { delay: 20 }, ...lines, { hang: true }]).source,
    )
    const command = '"$0" "$1" tail "$2" | head -n 2; echo "ended with $PIPESTATUS"'
    const child = startProcess('bash', ['-c', command, process.execPath, CLI, url])
    await child.exited
    expect(child.stdout).toBe('line 0\nline 1\nended with 141\n')
    expect(child.stderr).toBe('')
    await toon.shutdown({ drain: 0 })
  })

  it('ends with 130 at Ctrl-C, and says how to go on', async () => {
    const { url, toon } = await serveStreams(
      createScriptedSource([...lines.slice(0, 3), { hang: true }]).source,
    )
    const child = startNode([CLI, 'tail', url])
    await child.line('line 2')
    expect(await child.kill('SIGINT')).toEqual({ code: 130, signal: null })
    expect(child.stderr).toMatch(
      /^synapse-toon: left; go on with synapse-toon tail http:\S+ --last-event-id \S+-000000000003\n$/,
    )
    await toon.shutdown({ drain: 0 })
  })
})
