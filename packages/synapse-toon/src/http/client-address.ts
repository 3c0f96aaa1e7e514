import type { RequestView } from './request-view.ts'

/**
 * Whose request it is, by address.
 *
 * Each proxy adds the address that it was asked from to the right of `X-Forwarded-For`; what is
 * further left came from outside, and may be made up. So addresses are counted from the right, one
 * for each proxy that is trusted.
 *
 * @param trustedProxies how many proxies stand before us. 0: none, the header is not looked at
 * @returns undefined where the runtime does not say (a `Request` without a proxy before it)
 */
export function clientAddress(request: RequestView, trustedProxies: number): string | undefined {
  if (trustedProxies === 0) return request.address
  const forwarded = (request.header('x-forwarded-for') ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
  // With fewer addresses than proxies the request has come around some of them: the leftmost that
  // there is was added by one that we trust.
  return forwarded.at(-Math.min(trustedProxies, forwarded.length)) ?? request.address
}
