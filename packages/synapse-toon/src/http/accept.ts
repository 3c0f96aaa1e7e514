import { MEDIA_TYPE_JSON, MEDIA_TYPE_STREAM, MEDIA_TYPE_TOON } from '../wire/headers.ts'

/** `stream`: frames as they come. `json`, `toon`: the whole answer as one document. */
export type AnswerFormat = 'stream' | 'json' | 'toon'

/** In the order of our preference, for a client that does not care. */
const MEDIA_TYPES: readonly (readonly [AnswerFormat, string])[] = [
  ['stream', MEDIA_TYPE_STREAM],
  ['json', MEDIA_TYPE_JSON],
  ['toon', MEDIA_TYPE_TOON],
]

/** The media type of a format. */
export function mediaTypeOf(format: AnswerFormat): string {
  return MEDIA_TYPES.find(([name]) => name === format)![1]
}

export const ACCEPTABLE: readonly string[] = MEDIA_TYPES.map(([, type]) => type)

interface Range {
  readonly type: string
  readonly quality: number
}

/**
 * Chooses the format by the `Accept` header [RFC 9110 §12.5.1]: highest quality first, then the
 * type that the client named over one that only a wildcard covers, then our preference.
 *
 * @param accept header value; undefined accepts everything
 * @returns undefined when nothing we have is acceptable
 */
export function negotiateFormat(
  accept: string | undefined,
  offered: readonly AnswerFormat[] = ['stream', 'json', 'toon'],
): AnswerFormat | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0]
  const ranges = accept.split(',').map(parseRange)
  let best: AnswerFormat | undefined
  let bestQuality = 0
  let bestPrecision = 0
  for (const [format, type] of MEDIA_TYPES) {
    if (!offered.includes(format)) continue
    const { quality, precision } = qualityOf(type, ranges)
    if (quality < bestQuality || quality === 0) continue
    if (quality === bestQuality && precision <= bestPrecision) continue
    best = format
    bestQuality = quality
    bestPrecision = precision
  }
  return best
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = q === undefined ? 1 : Number(q.slice(2))
  // A quality that is no number makes the range useless, not the whole request.
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}

/** The most precise range that covers `type` decides [RFC 9110 §12.5.1]. */
function qualityOf(type: string, ranges: readonly Range[]): { quality: number; precision: number } {
  const candidates = ['*/*', `${type.slice(0, type.indexOf('/'))}/*`, type]
  for (let precision = candidates.length; precision > 0; precision--) {
    const range = ranges.find((one) => one.type === candidates[precision - 1])
    if (range !== undefined) return { quality: range.quality, precision }
  }
  return { quality: 0, precision: 0 }
}
