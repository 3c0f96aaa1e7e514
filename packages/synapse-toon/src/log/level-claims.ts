import { claimEndKey, claimKey, claimOfEndKey, freeClaimKeys, type Write } from './level-keys.ts'
import type { LevelStore } from './level-store.ts'

interface Claim {
  readonly value: string
  /** Time of day, ms since 1970. */
  readonly until: number
}

/** Names that somebody has claimed for a time, kept over a restart. */
export class LevelClaims {
  readonly #store: LevelStore
  /** The last step under way for each name: one after the other, so that the first one wins. */
  readonly #steps = new Map<string, Promise<unknown>>()

  constructor(store: LevelStore) {
    this.#store = store
  }

  claim(name: string, value: string, keepFor: number, now: number): Promise<string> {
    return this.#inTurn(name, async () => {
      const kept = await this.#read(name)
      if (kept !== undefined && kept.until > now) return kept.value
      const claim: Claim = { value, until: now + keepFor }
      await this.#store.write([
        ...endOf(name, kept),
        [claimKey(name), JSON.stringify(claim)],
        [claimEndKey(claim.until, name), ''],
      ])
      return value
    })
  }

  /** Deletes claims that are free again. */
  async sweep(now: number): Promise<void> {
    for await (const page of this.#store.pages(freeClaimKeys(now))) {
      const names = page.map(([key]) => claimOfEndKey(key))
      await Promise.all(
        names.map((name, n) => this.#inTurn(name, () => this.#free(page[n]![0], name, now))),
      )
    }
  }

  async #free(endKey: string, name: string, now: number): Promise<void> {
    const kept = await this.#read(name)
    const isFree = kept === undefined || kept.until <= now
    const writes: Write[] = [[endKey, undefined]]
    // Else it was claimed again meanwhile.
    if (isFree) writes.push([claimKey(name), undefined])
    await this.#store.write(writes)
  }

  async #read(name: string): Promise<Claim | undefined> {
    const text = await this.#store.get(claimKey(name))
    return text === undefined ? undefined : (JSON.parse(text) as Claim)
  }

  #inTurn<Value>(name: string, step: () => Promise<Value>): Promise<Value> {
    const before = this.#steps.get(name) ?? Promise.resolve()
    const done = before.then(step, step)
    this.#steps.set(name, done)
    const forget = () => {
      if (this.#steps.get(name) === done) this.#steps.delete(name)
    }
    done.then(forget, forget)
    return done
  }
}

function endOf(name: string, claim: Claim | undefined): Write[] {
  return claim === undefined ? [] : [[claimEndKey(claim.until, name), undefined]]
}
