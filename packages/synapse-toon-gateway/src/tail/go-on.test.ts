import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { goOnCommand } from './go-on.ts'

const id = '5f0c7a52-91d3-8e14-b0a6-00000000002a'

describe('the command that goes on', () => {
  it('names the address of the stream and the last event', () => {
    const address = 'http://127.0.0.1:8787/streams/5f0c7a52-91d3-8e14-b0a6'
    expect(goOnCommand({ address, lastEventId: id, hasHeaders: false })).toBe(
      `synapse-toon tail ${address} --last-event-id ${id}`,
    )
  })

  it("is read by a shell as it is meant, whatever the address and the server's id", () => {
    const address = "http://host/a?b=c&d='$(exit 3)'"
    const command = goOnCommand({ address, lastEventId: '; ls * "\'', hasHeaders: false })!
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    expect(words.trimEnd().split('\n')).toEqual([
      'synapse-toon',
      'tail',
      address,
      '--last-event-id',
      '; ls * "\'',
    ])
  })

  it('asks for the same headers without printing them', () => {
    expect(goOnCommand({ address: 'http://host/', lastEventId: id, hasHeaders: true })).toMatch(
      / and the same --header$/,
    )
  })

  it.each([
    [{ address: undefined, lastEventId: id }],
    [{ address: 'http://host/', lastEventId: '' }],
  ])('is none where there is nothing to go on from: %j', (place) => {
    expect(goOnCommand({ ...place, hasHeaders: false })).toBeUndefined()
  })
})
