import { describe, expect, it } from 'vitest'
import { PayloadError } from './payload-error.ts'
import { payloadToJson } from './payload-json.ts'

/** What `payloadToJson` throws; fails the test when it does not throw. */
function errorOf(payload: unknown): PayloadError {
  try {
    payloadToJson(payload)
  } catch (error) {
    expect(error).toBeInstanceOf(PayloadError)
    return error as PayloadError
  }
  throw new Error('payloadToJson did not throw')
}

describe('payloadToJson', () => {
  it.each<[unknown, string]>([
    [{ delta: 'Hel' }, '{"delta":"Hel"}'],
    ['text', '"text"'],
    [0, '0'],
    [-0, '0'],
    [null, 'null'],
    [false, 'false'],
    ['', '""'],
    [[], '[]'],
    [{}, '{}'],
  ])('writes %j as JSON', (payload, json) => {
    expect(payloadToJson(payload)).toBe(json)
  })

  it('is always one line, whatever the text holds', () => {
    expect(payloadToJson({ a: 'x\r\ny\0\u2028' })).toBe('{"a":"x\\r\\ny\\u0000\u2028"}')
  })

  it('escapes lone surrogates, so that the text can be sent as UTF-8', () => {
    expect(payloadToJson('\ud83d|\ude00|\ud83d\ude00')).toBe('"\\ud83d|\\ude00|😀"')
  })

  it.each<[string, unknown, string]>([
    ['leaves undefined properties out', { a: undefined, b: 1 }, '{"b":1}'],
    ['leaves functions and symbols in properties out', { f() {}, s: Symbol('s') }, '{}'],
    [
      'writes null for what a list cannot hold',
      [undefined, () => 1, Symbol('s')],
      '[null,null,null]',
    ],
    ['writes null for NaN', { n: Number.NaN }, '{"n":null}'],
    ['writes null for infinities', [1 / 0, -1 / 0], '[null,null]'],
    ['writes minus zero as zero', [-0], '[0]'],
    ['fills holes of a list with null', new Array(2), '[null,null]'],
    ['uses toJSON', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['writes null for an invalid date', [new Date(Number.NaN)], '[null]'],
    ['writes a map as an empty object', new Map([[1, 2]]), '{}'],
    ['unwraps boxed values', [Object('s'), Object(1), Object(true)], '["s",1,true]'],
    ['keeps an own key named __proto__', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ])('%s, as JSON.stringify does', (_what, payload, json) => {
    expect(payloadToJson(payload)).toBe(json)
    expect(payloadToJson(payload)).toBe(JSON.stringify(payload))
  })

  it.each<[string, unknown, string]>([
    ['at the top', 12n, 'payload is the BigInt 12n'],
    ['in an object', { a: { b: 1n } }, 'payload.a.b is the BigInt 1n'],
    ['in a list', { usage: [1, { total: 5n }] }, 'payload.usage[1].total is the BigInt 5n'],
  ])('names the place of a BigInt %s', (_where, payload, place) => {
    expect(errorOf(payload).message).toBe(
      `${place}, which JSON cannot hold: use a number or a string; return a JSON value from the transform`,
    )
  })

  it('names the place where a cycle closes', () => {
    const node: Record<string, unknown> = { name: 'a' }
    node.children = [{ parent: node }]
    expect(errorOf({ tree: node }).message).toBe(
      'payload.tree.children[0].parent refers back to one of its parents: JSON cannot hold a cycle; return a JSON value from the transform',
    )
  })

  it('names a payload that holds itself', () => {
    const list: unknown[] = []
    list.push(list)
    expect(errorOf(list).message).toContain('payload[0] refers back to one of its parents')
  })

  it('does not take a value that is there twice for a cycle', () => {
    const shared = { a: 1 }
    expect(payloadToJson([shared, shared])).toBe('[{"a":1},{"a":1}]')
    expect(errorOf([shared, shared, 1n]).message).toContain('payload[2] is the BigInt 1n')
  })

  it('looks at what toJSON gives, not at what it hides', () => {
    const document: Record<string, unknown> = { toJSON: () => ({ id: 1 }) }
    document.owner = document
    expect(payloadToJson({ document })).toBe('{"document":{"id":1}}')
    expect(errorOf({ document, total: 1n }).message).toContain('payload.total is the BigInt 1n')
    expect(errorOf({ a: { toJSON: () => ({ b: 2n }) } }).message).toContain(
      'payload.a.b is the BigInt 2n',
    )
  })

  it.each<[string, unknown]>([
    ['a toJSON', { a: { toJSON: () => boom() } }],
    ['a getter', { a: Object.defineProperty({}, 'b', { enumerable: true, get: boom }) }],
  ])('explains %s that throws, and keeps the cause', (_what, payload) => {
    const error = errorOf(payload)
    expect(error.message).toContain('a toJSON or a getter that throws')
    expect(error.message).toContain('return a JSON value from the transform')
    expect(error.cause).toMatchObject({ message: 'boom' })
  })

  it('explains a payload that is nested too deeply for JSON', () => {
    let payload: unknown = 1
    for (let depth = 0; depth < 100_000; depth++) payload = { payload }
    // From Node 26 on, depth has no bound but where a `toJSON` is met.
    const error = errorOf({ toJSON: () => payload })
    expect(error.message).toContain('nested too deeply')
    expect(error.cause).toBeInstanceOf(RangeError)
  })

  it.each<[string, unknown, string]>([
    ['a function', function reply() {}, 'function reply'],
    [
      'an arrow function',
      (
        () => () =>
          1
      )(),
      'function (anonymous)',
    ],
    ['a symbol', Symbol('reply'), 'Symbol(reply)'],
    ['undefined', undefined, 'undefined'],
    ['a toJSON that gives nothing', { toJSON: () => undefined }, 'an object with keys [toJSON]'],
  ])('rejects %s and says how to skip a chunk', (_what, payload, shown) => {
    expect(errorOf(payload).message).toBe(
      `payload must be a JSON value, got ${shown}; return a JSON value from the transform, or undefined to skip the chunk`,
    )
  })

  it.each<[string, unknown, string]>([
    ['a Buffer', Buffer.from('x'), 'an instance of Buffer'],
    ['a Uint8Array', new Uint8Array(1), 'an instance of Uint8Array'],
    ['a DataView', new DataView(new ArrayBuffer(1)), 'an instance of DataView'],
    ['an ArrayBuffer', new ArrayBuffer(1), 'an instance of ArrayBuffer'],
  ])('rejects %s and says how to decode it', (_what, payload, shown) => {
    expect(errorOf(payload).message).toBe(
      `payload must be a JSON value, got ${shown}; decode bytes to text first, for example with readable.setEncoding('utf8') or a transform`,
    )
  })

  it('has a stable code', () => {
    expect(errorOf(1n)).toMatchObject({ name: 'PayloadError', code: 'ERR_SYNAPSE_PAYLOAD' })
    expect(errorOf(1n).cause).toBeInstanceOf(TypeError)
  })
})

function boom(): never {
  throw new Error('boom')
}
