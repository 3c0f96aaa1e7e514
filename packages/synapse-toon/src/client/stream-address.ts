/**
 * The address of the stream that a response names in `Content-Location` [RFC 9110 §8.7], where a reader
 * takes up what was cut, and stops it.
 *
 * @param url that was asked, for a response that does not know its own
 * @returns undefined where there is none, or one of another origin, which our headers are not for
 */
export function streamAddress(response: Response, url: string): string | undefined {
  const location = response.headers.get('content-location')
  const base = response.url || url
  if (!location || !URL.canParse(location, base)) return undefined
  const { origin, href } = new URL(location, base)
  return origin === new URL(base).origin ? href : undefined
}
