/** [RFC 9110 §10.2.3] whole seconds; some servers send parts of one, and `retry-after-ms` too. */
const NUMBER = /^\d+(\.\d+)?$/

/**
 * How long a response asks to wait, in ms: `retry-after-ms`, else `Retry-After` in seconds or as a
 * date [RFC 9110 §5.6.7]. A date is measured from the response's own `Date`, where a script may read
 * that, so that a wrong clock here does no harm.
 *
 * @param now wall-clock time here, in ms
 * @returns undefined where there is none, or none that can be read; 0 for a date that has passed
 */
export function parseRetryAfter(headers: Headers, now: number): number | undefined {
  const milliseconds = headers.get('retry-after-ms') ?? ''
  if (NUMBER.test(milliseconds)) return Number(milliseconds)
  const value = headers.get('retry-after') ?? ''
  if (NUMBER.test(value)) return Number(value) * 1000
  // `Date.parse` takes nearly anything for a date; those of HTTP end like this.
  const until = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN
  const wait = until - (Date.parse(headers.get('date') ?? '') || now)
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}
