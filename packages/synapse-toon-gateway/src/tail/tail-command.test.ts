import { describe, expect, it } from 'vitest'
import { tempFolder } from '../test-kit.ts'
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts'
import { runTail } from './tail-kit.ts'

const URL_OF_NOBODY = 'http://127.0.0.1:1/'

describe('a tail that cannot run', () => {
  it.each<[string[], string]>([
    [[], "missing required argument 'url'"],
    [['127.0.0.1:8787'], 'must begin with http:// or https://'],
    [['ftp://host/'], 'must begin with http:// or https://'],
    [[URL_OF_NOBODY, 'more'], 'too many arguments'],
    [[URL_OF_NOBODY, '--nonsense'], "unknown option '--nonsense'"],
    [[URL_OF_NOBODY, '--raw', '--json'], 'cannot be used with'],
    [[URL_OF_NOBODY, '--protocol', 'http'], 'auto, synapse, eventsource, openai, anthropic'],
    [[URL_OF_NOBODY, '--encoding', 'xml'], 'json, toon, base64, br, text'],
    [[URL_OF_NOBODY, '--timeout', 'long'], 'a number of seconds'],
    [[URL_OF_NOBODY, '--timeout', '1e9'], 'a number of seconds'],
    [[URL_OF_NOBODY, '--timeout', '99999999'], 'a number of seconds'],
    [['--chaos', URL_OF_NOBODY], 'a number of seconds'],
    [[URL_OF_NOBODY, '--chaos', '--chaos-seed', '-1'], 'argument'],
    [[URL_OF_NOBODY, '--chaos', '--chaos-seed', '4294967296'], '4294967295'],
    [[URL_OF_NOBODY, '--chaos-seed', '1'], 'without --chaos'],
    [[URL_OF_NOBODY, '--chaos', '--protocol', 'openai'], 'leave out one of the two'],
    [[URL_OF_NOBODY, '-X', 'A B'], 'name of a method'],
    [[URL_OF_NOBODY, '-X', 'GET', '-d', '{}'], 'leave out one of the two'],
    [[URL_OF_NOBODY, '-d', '{half'], 'must be JSON'],
    [[URL_OF_NOBODY, '-d', '@/no/such/file'], 'cannot be read'],
    [[URL_OF_NOBODY, '-d', '@'], 'cannot be read'],
    [[URL_OF_NOBODY, '-H', 'no colon'], "'Name: value'"],
    [[URL_OF_NOBODY, '-H', 'a b: c'], "'Name: value'"],
    [[URL_OF_NOBODY, '-H', 'A: 線'], "'Name: value'"],
  ])('says why in one line, and ends with 2: %j', async (args, words) => {
    const { code, out, err } = await runTail(...args)
    expect({ code, out }).toEqual({ code: EXIT.usage, out: '' })
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(err).toMatch(/^error: /)
    expect(err).toContain(words)
  })

  it('lets no second header in by a line end', async () => {
    const { code, err } = await runTail(URL_OF_NOBODY, '-H', 'A: b\nC: d')
    expect(code).toBe(EXIT.usage)
    expect(err).toContain("'Name: value'")
  })

  it('says so of a file that is no JSON', async () => {
    const file = `${tempFolder({ 'a.json': 'text' })}/a.json`
    const { code, err } = await runTail(URL_OF_NOBODY, '-d', `@${file}`)
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('must be JSON')
  })
})

describe('tail --help', () => {
  it('has every option with what it does, every exit code, and examples', async () => {
    const { code, out } = await runTail('--help')
    expect(code).toBe(0)
    for (const meaning of Object.values(EXIT_MEANINGS)) expect(out).toContain(meaning)
    expect(out).toContain('Examples:')
    for (const line of out.split('\n').filter((one) => /^ {2}-/.test(one))) {
      expect(line).toMatch(/^ {2}(-\w, )?--[\w-]+( [<[]\S+[>\]])? {2,}\S|^ {2}-/)
    }
  })
})
