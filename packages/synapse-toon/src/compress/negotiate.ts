import type { ContentEncoding } from './content-encoding.ts'

interface Range {
  readonly coding: string
  readonly quality: number
}

/**
 * Chooses the coding by the `Accept-Encoding` header [RFC 9110 §12.5.3]: highest quality first, then
 * our preference. No coding at all is the last choice, unless the client rates it higher.
 *
 * @param acceptEncoding header value; undefined or empty asks for no coding
 * @param offered what we can write, the best first
 * @returns undefined when nothing we have is acceptable, for a 406
 */
export function negotiateContentEncoding(
  acceptEncoding: string | undefined,
  offered: readonly ContentEncoding[],
): ContentEncoding | 'identity' | undefined {
  const ranges = (acceptEncoding ?? '').split(',').map(parseRange)
  let best: ContentEncoding | 'identity' | undefined
  let bestQuality = 0
  for (const coding of offered) {
    const quality = qualityOf(coding, ranges) ?? 0
    if (quality <= bestQuality) continue
    best = coding
    bestQuality = quality
  }
  const identity = qualityOf('identity', ranges)
  // Acceptable where nothing is said of it, but less than what is asked for.
  if (identity === undefined) return best ?? 'identity'
  const isNamed = ranges.some(({ coding }) => coding === 'identity')
  if (best === undefined) return identity > 0 ? 'identity' : undefined
  return isNamed && identity > bestQuality ? 'identity' : best
}

function parseRange(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = q === undefined ? 1 : Number(q.slice(2))
  // [RFC 9110 §8.4.1.3] the old name means the same.
  const coding = name === 'x-gzip' ? 'gzip' : name
  // A quality that is no number makes the range useless, not the whole request.
  return { coding: quality >= 0 && quality <= 1 ? coding : '', quality }
}

/** The name decides, then `*`; undefined: nothing is said. */
function qualityOf(coding: string, ranges: readonly Range[]): number | undefined {
  const range =
    ranges.find((one) => one.coding === coding) ?? ranges.find((one) => one.coding === '*')
  return range?.quality
}
