const KIB = 1024

/**
 * How many bytes to gather into one flush, by the seed's table ("Adaptive Chunk Sizing").
 *
 * Delivery calls it with the bytes that a connection has been sent so far: a young stream flushes
 * often, so that its first words are seen early; a long one in larger pieces, so that each costs
 * less. It only limits what is ready at once, and never holds back a lone token.
 *
 * @param payloadBytes bytes of the payload, 0 or more
 * @returns bytes: 512, 2048, 4096, 8192 or 16384
 */
export function optimalChunkSize(payloadBytes: number): number {
  if (payloadBytes < KIB) return 512
  if (payloadBytes < 10 * KIB) return 2 * KIB
  if (payloadBytes < 100 * KIB) return 4 * KIB
  if (payloadBytes < 1024 * KIB) return 8 * KIB
  return 16 * KIB
}
