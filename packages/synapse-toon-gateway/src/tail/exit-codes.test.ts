import { expect, it } from 'vitest'
import { EXIT, EXIT_MEANINGS, exitCodesHelp } from './exit-codes.ts'

it('no two ends have the same exit code', () => {
  expect(new Set(Object.values(EXIT)).size).toBe(Object.keys(EXIT).length)
})

it('the help has a line for each exit code, with what it means', () => {
  const lines = exitCodesHelp().split('\n')
  for (const [name, code] of Object.entries(EXIT)) {
    const meaning = EXIT_MEANINGS[name as keyof typeof EXIT]
    expect(lines).toContainEqual(expect.stringMatching(`^  ${code} +\\S`))
    expect(lines.find((line) => line.startsWith(`  ${code} `))).toContain(meaning)
  }
})
