/** What surrounds a DEFLATE stream: a head, and a sum over all of its text for the tail. */
export interface Wrapper {
  readonly head: Uint8Array
  /** Takes the next bytes of the text into the sum. */
  update(bytes: Uint8Array): void
  tail(): Uint8Array
}
