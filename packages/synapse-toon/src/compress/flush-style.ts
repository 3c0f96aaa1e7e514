/**
 * How our DEFLATE encoder pushes the last bits of a flush out to the decoder.
 *
 * `comment`: by the beginning of an SSE comment line (`:`), whose end goes with the next flush. One
 * byte or less. Only for event streams. An empty line would do for the standard, but after an `id`
 * some clients take it for an event (httpx-sse, openai-python); a comment is safe in all of them.
 *
 * `marker`: by the end of the block and an empty stored one, as zlib's sync flush does. For any text,
 * and for decoders that hold text back until they see the marker. About as large as zlib's output.
 */
export type FlushStyle = 'comment' | 'marker'

/**
 * The style that a client can take.
 *
 * Go's `compress/flate` hands nothing on before the end of the stream, 32 KiB or a marker, and its
 * `net/http` asks for `gzip` alone and decodes by itself, unless told otherwise; whatever it calls
 * itself, this value gives it away. zlib, which nearly all others use, needs no marker.
 *
 * @param acceptEncoding value of the request's `Accept-Encoding`
 */
export function flushStyleFor(acceptEncoding: string | undefined): FlushStyle {
  return acceptEncoding?.trim().toLowerCase() === 'gzip' ? 'marker' : 'comment'
}
