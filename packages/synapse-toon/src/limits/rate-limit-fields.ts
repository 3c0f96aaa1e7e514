export type RateLimitField = readonly ['RateLimit' | 'RateLimit-Policy', string]

export interface RateLimitState {
  readonly name: string
  /** Most in the window. */
  readonly quota: number
  readonly remaining: number
  /** Seconds until the quota is whole again; left out for a limit on what is open at once. */
  readonly resetSeconds?: number
  readonly windowSeconds?: number
}

/**
 * The fields of draft-ietf-httpapi-ratelimit-headers: a policy and what is left of it, as
 * structured fields (RFC 9651), for example `RateLimit: "starts";r=4;t=12`.
 */
export function rateLimitFields(state: RateLimitState): readonly RateLimitField[] {
  const { name, quota, remaining, resetSeconds, windowSeconds } = state
  const window = windowSeconds === undefined ? '' : `;w=${windowSeconds}`
  const reset = resetSeconds === undefined ? '' : `;t=${resetSeconds}`
  return [
    ['RateLimit-Policy', `"${name}";q=${quota}${window}`],
    ['RateLimit', `"${name}";r=${Math.max(0, remaining)}${reset}`],
  ]
}
