import { JsonTemplate } from './json-template.ts'

/** A provider's chunks have about four shapes: role, delta, end, usage. */
const MOST_TEMPLATES = 8

/** Characters of JSON from which on most of the time goes to text that no two payloads share. */
const MOST_CHARACTERS = 4096

/**
 * A payload that none of the templates is for costs some ten times what one saves that there is one for.
 * So each such payload counts as several of the others; with so many more of them, the payloads that
 * follow are written without, and then it is tried again.
 */
const MISS = 4
const MOST_DOUBT = 16 * MISS
const REST = 1024

/** Templates of the payloads that came last, whatever stream they are of. */
export class JsonTemplates {
  /** UTF-8 bytes of what was written last. */
  bytes = 0
  /** The one that was right last comes first. */
  readonly #templates: JsonTemplate[] = []
  #doubt = 0
  /** Payloads that are still written without. */
  #resting = 0

  /** @returns the payload's JSON, where others like it were learnt */
  write(payload: object): string | undefined {
    if (this.#resting > 0) {
      this.#resting--
      return undefined
    }
    const templates = this.#templates
    for (let n = 0; n < templates.length; n++) {
      const template = templates[n]!
      const json = template.write(payload)
      if (json === undefined) continue
      if (n > 0) {
        templates[n] = templates[0]!
        templates[0] = template
      }
      if (this.#doubt > 0) this.#doubt--
      this.bytes = template.bytes
      return json
    }
    this.#miss()
    return undefined
  }

  /** @param json of a payload for which there was none */
  learn(json: string): void {
    if (this.#resting > 0 || json.length > MOST_CHARACTERS) return
    const template = JsonTemplate.of(json)
    if (template === undefined) return
    this.#templates.unshift(template)
    if (this.#templates.length > MOST_TEMPLATES) this.#templates.pop()
  }

  #miss(): void {
    this.#doubt += MISS
    if (this.#doubt < MOST_DOUBT) return
    this.#doubt = 0
    this.#resting = REST
  }
}
