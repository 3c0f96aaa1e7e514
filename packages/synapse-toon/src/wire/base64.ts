export function base64ToBytes(base64: string): Uint8Array {
  const binary = atob(base64)
  // A loop and not `Uint8Array.from` with a function: that took 1.7 s for 10 MB, this 0.04 s.
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** Fails on bytes that are not UTF-8, where a lenient decoder would hide the damage. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}
