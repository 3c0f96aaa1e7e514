import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readIdempotencyKey } from './idempotency-key.ts'
import { RequestError } from './request-error.ts'

const UUID = '8e03978e-40d5-43dd-bc93-6894a57f9324'

function read(...values: string[]): string | undefined {
  const headersDistinct = values.length === 0 ? {} : { 'idempotency-key': values }
  return readIdempotencyKey({ headersDistinct } as unknown as IncomingMessage)
}

function problem(...values: string[]): string {
  try {
    read(...values)
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    expect(error.statusCode).toBe(400)
    return error.message
  }
  throw new Error('nothing was refused')
}

/** As Node hands a header over: without spaces around it. */
const printable = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 16,
    maxLength: 255,
  })
  .filter((key) => key.trim() === key)

describe('an idempotency key', () => {
  it('is none where there is no header', () => {
    expect(read()).toBeUndefined()
  })

  it('is the same with and without the quotes of RFC 8941', () => {
    expect(read(`"${UUID}"`)).toBe(UUID)
    expect(read(UUID)).toBe(UUID)
  })

  it('comes out of quotes as it went in, whatever it is made of', () => {
    fc.assert(
      fc.property(printable, (key) => {
        expect(read(`"${key.replace(/["\\]/g, '\\$&')}"`)).toBe(key)
      }),
    )
  })

  it('without quotes is any that does not begin with one', () => {
    fc.assert(
      fc.property(
        printable.filter((key) => !key.startsWith('"')),
        (key) => {
          expect(read(key)).toBe(key)
        },
      ),
    )
  })

  it.each([
    ['is short', 'a'.repeat(15)],
    ['is long', 'a'.repeat(256)],
    ['is short between its quotes', `"${'a'.repeat(15)}"`],
    ['is empty', ''],
    ['has a letter that is not ASCII', `${UUID}é`],
    ['has a control character', `${UUID}\t`],
    ['has no closing quote', `"${UUID}`],
    ['has a quote in the middle of quotes', `"${UUID}"${UUID}"`],
    ['has a lone backslash in quotes', `"${UUID}\\a"`],
    ['has a parameter behind its quotes', `"${UUID}";a=1`],
  ])('that %s is refused with its value and the cure', (_, value) => {
    const said = problem(value)
    expect(said).toContain('Idempotency-Key must be one key of 16 to 255 printable ASCII')
    expect(said).toContain(JSON.stringify(value).slice(0, 20))
    expect(said).toContain('send a new UUID for each new request')
  })

  it('that comes twice is refused: which one counts is not known', () => {
    expect(problem(UUID, UUID)).toContain('must be one key')
  })
})
