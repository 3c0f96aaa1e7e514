/**
 * The value of a `Last-Event-ID` header: the id's UTF-8 [spec §9.2.4], one character for each byte,
 * since that is how `fetch` takes header values.
 */
export function lastEventIdHeader(id: string): string {
  return String.fromCharCode(...new TextEncoder().encode(id))
}
