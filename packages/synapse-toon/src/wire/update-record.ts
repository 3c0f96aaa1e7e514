import { Buffer } from 'node:buffer'
import { JsonTemplates } from './json-templates.ts'
import { payloadToJson } from './payload-json.ts'
import type { LogRecord } from './record.ts'

/**
 * Release of V8 from which on `JSON.stringify` is as fast as templates are (v8.dev/blog/json-stringify):
 * that of Node 25.
 */
const FAST_STRINGIFY = { major: 13, minor: 8 }

/** For all streams: kept for each, they would be out of the processor's cache where there are many. */
const templates = isStringifyFast() ? undefined : new JsonTemplates()

/**
 * The record of a payload.
 *
 * @throws {PayloadError} as `payloadToJson`
 */
export function updateRecord(seq: number, payload: unknown): LogRecord {
  if (templates === undefined || typeof payload !== 'object' || payload === null) {
    return recordOf(seq, payloadToJson(payload))
  }
  const written = templates.write(payload)
  if (written !== undefined) return { seq, event: 'update', json: written, bytes: templates.bytes }
  const json = payloadToJson(payload)
  templates.learn(json)
  return recordOf(seq, json)
}

function recordOf(seq: number, json: string): LogRecord {
  return { seq, event: 'update', json, bytes: Buffer.byteLength(json) }
}

function isStringifyFast(): boolean {
  // Where it is not V8's, nothing is known of it.
  const [major = Number.NaN, minor = 0] = (globalThis.process?.versions?.v8 ?? '')
    .split('.')
    .map(Number)
  if (Number.isNaN(major)) return true
  return (
    major > FAST_STRINGIFY.major ||
    (major === FAST_STRINGIFY.major && minor >= FAST_STRINGIFY.minor)
  )
}
