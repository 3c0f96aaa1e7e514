/** The body of an HTTP/1.1 message in chunked coding [RFC 9112 §7.1], as far as it is whole. */
export function unchunk(message: string): string {
  const pieces: string[] = []
  let at = message.indexOf('\r\n\r\n') + 4
  while (at < message.length) {
    const sizeEnd = message.indexOf('\r\n', at)
    const size = Number.parseInt(message.slice(at, sizeEnd), 16)
    if (!(size > 0)) break
    pieces.push(message.slice(sizeEnd + 2, sizeEnd + 2 + size))
    at = sizeEnd + 2 + size + 2
  }
  return pieces.join('')
}
