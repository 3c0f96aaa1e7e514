import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonTemplate } from './json-template.ts'

/** A template that has seen these payloads. */
function templateOf(first: object, ...others: object[]): JsonTemplate {
  const template = JsonTemplate.of(JSON.stringify(first))!
  for (const payload of others) template.write(payload)
  return template
}

/** As `JSON.stringify` writes it, bytes counted; false where the template has nothing for it. */
function isWritten(template: JsonTemplate, payload: object): boolean {
  const json = template.write(payload)
  if (json === undefined) return false
  expect(json).toBe(JSON.stringify(payload))
  expect(template.bytes).toBe(Buffer.byteLength(json))
  return true
}

const delta = (content: unknown, more: object = {}) => ({
  id: 'chatcmpl-1',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  usage: null,
  ...more,
})

describe('JsonTemplate', () => {
  it.each<[string, unknown]>([
    ['plain text', ' token'],
    ['no text', ''],
    ['what JSON escapes', '"\\\b\f\n\r\t\0\x1f'],
    ['what it does not', ' !#[]~\x7f'],
    ['characters of more than one byte', 'é\u2028漢😀'],
    ['lone surrogates, as escapes', '\ud83d|\ude00'],
    ['an integer', 12],
    ['a fraction', -1.5e-7],
    ['a large number', 1e21],
    ['minus zero', -0],
    ['NaN as null', Number.NaN],
    ['an infinity as null', -1 / 0],
    ['true', true],
    ['false', false],
    ['null', null],
  ])('writes %s where payloads differ', (_what, value) => {
    const template = templateOf(delta('a'), delta('b'))
    expect(isWritten(template, delta(value))).toBe(true)
    expect(isWritten(template, delta('a'))).toBe(true)
  })

  it('writes one that differs in a place where none has before', () => {
    const template = templateOf(delta('a'))
    expect(isWritten(template, delta('b', { id: 'é', usage: 7 }))).toBe(true)
    expect(isWritten(template, delta('c', { id: 'x', usage: null }))).toBe(true)
  })

  it('leaves out what is undefined, as JSON does', () => {
    const template = templateOf(delta('a'))
    expect(isWritten(template, { ...delta('b'), refusal: undefined })).toBe(true)
    expect(isWritten(template, { refusal: undefined, ...delta('b') })).toBe(true)
  })

  it('keeps an own key named __proto__', () => {
    const template = templateOf(JSON.parse('{"__proto__":1}'))
    expect(isWritten(template, JSON.parse('{"__proto__":2}'))).toBe(true)
    expect(isWritten(template, {})).toBe(false)
  })

  it('takes a list like the one it has seen', () => {
    const template = templateOf([1, [2], { a: 3 }])
    expect(isWritten(template, [1, ['x'], { a: null }])).toBe(true)
    expect(isWritten(template, [1, [2, 2], { a: 3 }])).toBe(false)
  })

  class Usage {
    total = 1
  }
  it.each<[string, object]>([
    ['with one key more', delta('a', { more: 1 })],
    ['with one key less', { id: 'chatcmpl-1', choices: [] }],
    ['with keys in another order', { choices: delta('a').choices, id: 'chatcmpl-1', usage: null }],
    ['with an object where none was', delta({})],
    ['without an object where one was', delta('a', { choices: null })],
    ['with a list of another length', delta('a', { choices: [] })],
    ['with a list for an object', delta('a', { choices: [[]] })],
    ['that is a list', [1]],
    ['with a function', delta(() => 1)],
    ['with a symbol', delta(Symbol('s'))],
    ['with a BigInt', delta(1n)],
    ['with undefined in a key that was there', delta(undefined)],
    ['with an object of a class', delta('a', { usage: new Usage() })],
    ['with an object without a prototype', Object.assign(Object.create(null), delta('a'))],
    ['with a date', delta(new Date(0))],
    ['with a boxed text', delta(Object('s'))],
    ['with a toJSON', Object.assign(Object.create(Object.prototype), { toJSON: () => 1 })],
    [
      'with a toJSON that no walk meets',
      Object.defineProperty(delta('a'), 'toJSON', { value: () => 'other' }),
    ],
    ['with a cycle', cycle()],
    [
      'with a getter that throws',
      Object.defineProperty(delta('a'), 'id', {
        enumerable: true,
        get() {
          throw new Error('boom')
        },
      }),
    ],
  ])('leaves one %s to others', (_what, payload) => {
    const template = templateOf(delta('a'), delta('b'))
    expect(template.write(payload)).toBeUndefined()
    expect(isWritten(template, delta('c'))).toBe(true)
  })

  it('leaves lists to others that everybody has given a toJSON', () => {
    const template = templateOf(delta('a'), delta('b'))
    const prototype = Array.prototype as { toJSON?: () => unknown }
    prototype.toJSON = () => 'list'
    try {
      expect(template.write(delta('c'))).toBeUndefined()
    } finally {
      delete prototype.toJSON
    }
    expect(isWritten(template, delta('c'))).toBe(true)
  })

  it('writes no key that all objects have been given', () => {
    const template = templateOf({ a: 1, extra: 2 }, { a: 2, extra: 3 })
    const prototype = Object.prototype as { extra?: number }
    prototype.extra = 4
    try {
      expect(template.write({ a: 3 })).toBeUndefined()
    } finally {
      delete prototype.extra
    }
    expect(isWritten(template, { a: 3, extra: 4 })).toBe(true)
  })

  it.each<[string, unknown]>([
    ['a text', 'text'],
    ['a number', 1],
    ['null', null],
    ['more than 64 values', Array.from({ length: 65 }, (_, n) => n)],
    ['more than 8 levels', JSON.parse('[[[[[[[[[1]]]]]]]]]')],
  ])('is not made of %s', (_what, payload) => {
    expect(JsonTemplate.of(JSON.stringify(payload))).toBeUndefined()
  })

  it('is made of 64 values, and of 8 levels', () => {
    const wide = Array.from({ length: 64 }, (_, n) => n)
    expect(isWritten(templateOf(wide), wide)).toBe(true)
    const deep = JSON.parse('[[[[[[[[1]]]]]]]]')
    expect(isWritten(templateOf(deep), deep)).toBe(true)
  })

  it('is not confused by a getter that has another payload written', () => {
    const template = templateOf(delta('a'), delta('b'))
    const other = templateOf({ a: 1, b: 2 })
    const payload = Object.defineProperty(delta('é', { id: 'changed' }), 'usage', {
      enumerable: true,
      get() {
        expect(other.write({ a: 9, b: {} })).toBeUndefined()
        return 'é'
      },
    })
    expect(isWritten(template, payload)).toBe(true)
    expect(isWritten(other, { a: 1, b: 2 })).toBe(true)
    expect(isWritten(other, { a: 5, b: 2 })).toBe(true)
  })

  it('gives up where most of a payload differs', () => {
    const list = (length: number, value: number) => Array.from({ length }, () => value)
    expect(isWritten(templateOf(list(16, 1)), list(16, 2))).toBe(true)
    const template = templateOf(list(17, 1))
    expect(isWritten(template, list(17, 2))).toBe(false)
    expect(isWritten(template, list(17, 2))).toBe(false)
  })
})

describe('JsonTemplate, property', () => {
  const primitive = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('same', 1, true, null) },
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.double(),
    fc.boolean(),
  )
  const odd = fc.constantFrom<unknown>(
    undefined,
    () => 1,
    Symbol('s'),
    new Date(0),
    new Map([[1, 2]]),
    Object('boxed'),
    { toJSON: () => 'by itself' },
    Object.create({ inherited: 1 }),
    new Array(2),
  )
  const key = fc.constantFrom('a', 'b', 'c', '1', '__proto__', 'é"')
  /** Few shapes, so that many payloads are alike. */
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      { weight: 8, arbitrary: primitive },
      { weight: 1, arbitrary: odd },
      {
        weight: 2,
        arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      },
      { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 2 }) },
    ),
  }))
  const payload = fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true })

  it('writes nothing in another way than JSON.stringify, whatever it has seen before', () => {
    let written = 0
    fc.assert(
      fc.property(payload, fc.array(payload, { maxLength: 8 }), (first, others) => {
        const template = JsonTemplate.of(JSON.stringify(first))
        if (template === undefined) return
        for (const other of [...others, first]) if (isWritten(template, other)) written++
      }),
      { numRuns: 3000 },
    )
    expect(written).toBeGreaterThan(3000)
  })
})

function cycle(): object {
  const payload: Record<string, unknown> = delta('a')
  payload.usage = payload
  return payload
}
