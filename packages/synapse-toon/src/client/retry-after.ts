/**
 * How long a response asks to wait, in ms: `retry-after-ms`, else `Retry-After` in seconds or as a
 * date [RFC 9110 §10.2.3]. A date is measured from the response's own `Date`, where a script may read
 * that, so that a wrong clock here does no harm.
 *
 * @param now wall-clock time here, in ms
 * @returns undefined where there is none, none that can be read, or a date that has passed
 */
export function parseRetryAfter(headers: Headers, now: number): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') || Number.NaN)
  if (milliseconds >= 0) return milliseconds
  const value = headers.get('retry-after') ?? ''
  const wait = /^[A-Z]/.test(value)
    ? Date.parse(value) - (Date.parse(headers.get('date') ?? '') || now)
    : Number(value || Number.NaN) * 1000
  return wait >= 0 ? wait : undefined
}
