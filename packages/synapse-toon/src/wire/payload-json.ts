import { describeValue } from '../errors.ts'
import { PayloadError } from './payload-error.ts'

/**
 * Writes a payload as one line of JSON: the form in which records are kept.
 *
 * @throws {PayloadError} when JSON cannot hold it: a BigInt, a cycle, a function, a symbol, raw
 *   bytes; the message says where it is and what to do
 */
export function payloadToJson(payload: unknown): string {
  if (ArrayBuffer.isView(payload) || payload instanceof ArrayBuffer) {
    throw new PayloadError(
      `payload must be a JSON value, got ${describeValue(payload)}; decode bytes to text first, for example with readable.setEncoding('utf8') or a transform`,
    )
  }
  let json: string | undefined
  try {
    json = JSON.stringify(payload)
  } catch (cause) {
    throw new PayloadError(`${explain(payload)}; return a JSON value from the transform`, { cause })
  }
  if (json === undefined) {
    throw new PayloadError(
      `payload must be a JSON value, got ${describeValue(payload)}; return a JSON value from the transform, or undefined to skip the chunk`,
    )
  }
  return json
}

/** Names the first value on the way down that JSON cannot hold. Only called once it has failed. */
function explain(payload: unknown): string {
  const unknown = 'payload is nested too deeply, or has a toJSON or a getter that throws'
  try {
    return findUnholdable(payload, 'payload', new Set()) ?? unknown
  } catch {
    // The search ran into what stopped JSON.stringify, whose error the caller keeps as the cause.
    return unknown
  }
}

function findUnholdable(payload: unknown, path: string, above: Set<object>): string | undefined {
  const value = whatJsonWrites(payload)
  if (typeof value === 'bigint') {
    return `${path} is the BigInt ${describeValue(value)}, which JSON cannot hold: use a number or a string`
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (above.has(value)) return `${path} refers back to one of its parents: JSON cannot hold a cycle`
  above.add(value)
  for (const [key, child] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : `.${key}`
    const found = findUnholdable(child, path + step, above)
    if (found !== undefined) return found
  }
  above.delete(value)
  return undefined
}

/** A `toJSON` may hide a BigInt or a cycle, or bring one in. */
function whatJsonWrites(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('toJSON' in value)) return value
  return typeof value.toJSON === 'function' ? value.toJSON() : value
}
