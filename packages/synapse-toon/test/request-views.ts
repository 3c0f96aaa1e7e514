import type { RequestView } from '../src/http/request-view.ts'

/** A request with these headers (names in lower case) and query parameters. */
export function requestView(
  headers: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string>> = {},
): RequestView {
  return {
    method: 'GET',
    keepAlive: true,
    header: (name) => headers[name],
    query: (name) => query[name],
  }
}
