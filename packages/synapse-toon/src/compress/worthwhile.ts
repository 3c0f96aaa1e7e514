/**
 * Bytes of text below which a stream comes out no smaller: it begins with text that nothing came
 * before, and has a head and an end. Where so little is known to come, send it as it is.
 */
export const MIN_WORTHWHILE_BYTES = 256
