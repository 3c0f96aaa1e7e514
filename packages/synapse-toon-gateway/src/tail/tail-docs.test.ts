import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT, EXIT_MEANINGS, type ExitName } from './exit-codes.ts'
import { runTail } from './tail-kit.ts'

const document = readFileSync(new URL('../../../../docs/client.md', import.meta.url), 'utf8')
const section = document.split('\n## synapse-toon tail\n')[1]!

describe('docs/client.md, on tail', () => {
  it('has the exit codes, in the words of the help', () => {
    const rows = [...section.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, text]) => [
      code,
      text,
    ])
    const names = Object.keys(EXIT) as ExitName[]
    expect(rows).toEqual(names.map((name) => [String(EXIT[name]), EXIT_MEANINGS[name]]))
  })

  it('has every option, as the help has it', async () => {
    const { out } = await runTail('--help')
    const options = [...out.matchAll(/^ {2}(-.*?) {2,}/gm)]
      .map(([, flags]) => flags!)
      .filter((flags) => !flags.includes('--help'))
    const rows = [...section.matchAll(/^\| `(-.*?)` \|/gm)].map(([, flags]) => flags)
    expect(options.length).toBeGreaterThan(10)
    expect(rows).toEqual(options)
  })

  it('has commands that can be run', async () => {
    const [, code] = /```sh\n(.*?)```/s.exec(section)!
    for (const line of code!.trim().split('\n')) {
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, word]) => quoted ?? word!,
      )
      const args = words.slice(2).map((word) => word.replace('127.0.0.1:8787', '127.0.0.1:1'))
      expect(words.slice(0, 2)).toEqual(['synapse-toon', 'tail'])
      expect(await runTail(...args)).toMatchObject({ code: EXIT.unreachable })
    }
  })
})
