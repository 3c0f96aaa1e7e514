/** What can be away: the client that commands go through, the connection that messages come on. */
type Part = 'commands' | 'messages'

/** Says once that Redis is away, however many calls and attempts find it out. */
export class RedisOutage {
  readonly #away = new Set<Part>()

  begin(part: Part, error: unknown): void {
    if (this.#away.size === 0) {
      const text = `Redis, which holds the log of the streams, is away: ${error}`
      process.emitWarning(text, { code: 'SYNAPSE_LOG' })
    }
    this.#away.add(part)
  }

  over(part: Part): void {
    this.#away.delete(part)
  }
}
