/** What a page has of an answer when it is left. */
export interface SavedStream {
  /** What was asked, as it was given; undefined where a function gave it. */
  readonly url: string | undefined
  /** The stream's own address, where the server has named one. */
  readonly address: string | undefined
  /** Where else to go on; undefined for nowhere, since to ask again would cost again. */
  readonly asked: string | undefined
  /** The last event that `text` holds; `''`: from the start. */
  readonly lastEventId: string
  readonly text: string
  /** `open`: there is more of it. */
  readonly status: 'open' | 'complete' | 'cancelled'
}

/** `sessionStorage`, as far as it is used. */
export interface PageStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** One place in a storage. Where that is forbidden or full, what was kept before stays. */
export interface SavedStreamSlot {
  load(): SavedStream | undefined
  save(stream: SavedStream): void
  clear(): void
}

/** @param storage may throw, as `sessionStorage` itself does where a page may not store anything */
export function createSavedStreamSlot(
  storage: () => PageStorage | undefined,
  key: string,
): SavedStreamSlot {
  return {
    load: () => read(orUndefined(() => storage()?.getItem(key))),
    save: (stream) => orUndefined(() => storage()?.setItem(key, JSON.stringify(stream))),
    clear: () => orUndefined(() => storage()?.removeItem(key)),
  }
}

/** Storage is a help, not a need: a page that may not use it works as one without. */
function orUndefined<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}

/** What another version wrote, or somebody else under the same key, counts as nothing. */
function read(json: string | null | undefined): SavedStream | undefined {
  const value = orUndefined(() => JSON.parse(json ?? 'null') as Partial<SavedStream> | null)
  if (typeof value !== 'object' || value === null) return undefined
  const { url, address, asked, lastEventId, text, status } = value
  if (![url, address, asked].every((one) => one === undefined || typeof one === 'string')) {
    return undefined
  }
  if (typeof lastEventId !== 'string' || typeof text !== 'string') return undefined
  if (status !== 'open' && status !== 'complete' && status !== 'cancelled') return undefined
  return { url, address, asked, lastEventId, text, status }
}
