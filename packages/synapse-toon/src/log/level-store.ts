import { mkdir, readdir } from 'node:fs/promises'
import type { ClassicLevel } from 'classic-level'
import { importPeer } from '../import-peer.ts'
import { isDamage, openError } from './level-errors.ts'
import type { KeyRange, Write } from './level-keys.ts'

type Database = ClassicLevel<string, string>
export type Entry = [key: string, value: string]

/** Entries and bytes read at once: see `LogReader.load`. */
const PAGE_ENTRIES = 4096
const PAGE_BYTES = 262_144

/** Characters written at once: a larger group would hold up all who come behind it. */
const GROUP_CHARACTERS = 4 * 1024 * 1024

/** Writes of one caller: all of them are stored, or none. */
interface Group {
  readonly writes: readonly Write[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The database of a log. Writes of all streams are gathered: one group is on its way to the disk,
 * and what comes meanwhile goes together in the next. What was written survives the process, also
 * where it is killed; the disk itself is not waited for, so a power failure may take the newest.
 */
export class LevelStore {
  readonly directory: string
  readonly #Level: typeof ClassicLevel
  readonly #db: Database
  #waiting: Group[] = []
  #isCommitting = false
  /** The last group was not stored. */
  #isAway = false
  /** What follows may be behind half a record. */
  #needsReopen = false
  #isClosed = false
  #isKilled = false
  #onIdle: (() => void)[] = []

  private constructor(directory: string, Level: typeof ClassicLevel) {
    this.directory = directory
    this.#Level = Level
    this.#db = new Level(directory)
  }

  /**
   * Opens the database in a directory, or makes one. One that is damaged is repaired, as far as it
   * goes, with a warning.
   *
   * @throws {MissingPeerError} @throws {LogLockedError} @throws {LogDirectoryError}
   * @throws {LogDamagedError}
   */
  static async open(directory: string): Promise<LevelStore> {
    const { ClassicLevel } = await importPeer('classic-level', () => import('classic-level'))
    try {
      await mkdir(directory, { recursive: true })
      const needsRepair = await isHeadless(directory)
      const store = new LevelStore(directory, ClassicLevel)
      await store.#open(needsRepair)
      return store
    } catch (error) {
      throw openError(directory, error)
    }
  }

  async #open(needsRepair: boolean): Promise<void> {
    if (needsRepair) return this.repair()
    try {
      await this.#db.open()
    } catch (error) {
      if (!isDamage(error)) throw error
      await this.repair()
    }
  }

  /** Puts what can be read of a damaged database into a new one, and opens it. */
  async repair(): Promise<void> {
    await this.#db.close()
    await this.#Level.repair(this.directory)
    const text = `the log in ${this.directory} was damaged and has been repaired; what could not be read is in its folder lost`
    process.emitWarning(text, { code: 'SYNAPSE_LOG' })
    await this.#db.open()
  }

  /** Settles when all of it is stored; rejects when nothing of it is. In the order of the calls. */
  write(writes: readonly Write[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the log is closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject })
      if (this.#isCommitting) return
      this.#isCommitting = true
      // At the end of the turn: with what all other streams have written in it.
      setImmediate(() => void this.#commitAll())
    })
  }

  get(key: string): Promise<string | undefined> {
    return this.#db.get(key)
  }

  /** The first entries of a range, in order, at least one where there is one. */
  async page({ first, last }: KeyRange): Promise<Entry[]> {
    const options = { gte: first, lte: last, highWaterMarkBytes: PAGE_BYTES, fillCache: false }
    const iterator = this.#db.iterator(options)
    try {
      return await iterator.nextv(PAGE_ENTRIES)
    } finally {
      await iterator.close()
    }
  }

  /** All entries of a range, in order. */
  async *pages(range: KeyRange): AsyncGenerator<Entry[]> {
    let { first } = range
    while (true) {
      const page = await this.page({ first, last: range.last })
      if (page.length === 0) return
      yield page
      // The next key there could be.
      first = `${page.at(-1)![0]}\0`
    }
  }

  /** Deletes a range, as far as it is stored now. */
  async clear({ first, last }: KeyRange): Promise<void> {
    await this.#db.clear({ gte: first, lte: last })
  }

  /** The same for what does no harm while it stays: a failure is warned of, and left. */
  clearLater(range: KeyRange): void {
    this.clear(range).catch((error) => {
      if (!this.#isClosed) this.#onFailure(error)
    })
  }

  /** Gives the room of what was deleted in a range back to the disk. */
  async compact({ first, last }: KeyRange): Promise<void> {
    await this.#db.compactRange(first, last)
  }

  /** Stores what is on its way, then closes the database. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#isCommitting) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
    await this.#db.close()
  }

  /** As if the process were killed: what is not on its way to the disk now never gets there. */
  async kill(): Promise<void> {
    this.#isKilled = true
    await this.#db.close()
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isKilled) await this.#commit(this.#nextGroups())
    this.#isCommitting = false
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #nextGroups(): Group[] {
    let characters = 0
    let count = 0
    for (const { writes } of this.#waiting) {
      if (characters >= GROUP_CHARACTERS) break
      for (const [, value] of writes) characters += value?.length ?? 0
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #commit(groups: readonly Group[]): Promise<void> {
    try {
      if (this.#needsReopen) await this.#reopen()
      const batch = this.#db.batch()
      for (const { writes } of groups) {
        for (const [key, value] of writes) {
          if (value === undefined) batch.del(key)
          else batch.put(key, value)
        }
      }
      await batch.write()
      this.#isAway = false
      for (const { resolve } of groups) resolve()
    } catch (error) {
      this.#onFailure(error)
      for (const { reject } of groups) reject(error)
    }
  }

  #onFailure(error: unknown): void {
    if (!this.#isAway) {
      const text = `the log in ${this.directory} cannot be written, trying again: ${error}`
      process.emitWarning(text, { code: 'SYNAPSE_LOG' })
    }
    this.#isAway = true
    this.#needsReopen = true
  }

  /**
   * After a write that failed LevelDB may write on behind half a record, which would hide what
   * follows when the log is read again, or refuse every write until it is opened anew.
   */
  async #reopen(): Promise<void> {
    await this.#db.close()
    await this.#db.open()
    this.#needsReopen = false
  }
}

/**
 * Whether records are there, but not the file that says which of the others count: LevelDB would
 * begin anew, and delete them. One that is being made by another process has none yet.
 */
async function isHeadless(directory: string): Promise<boolean> {
  const files = await readdir(directory)
  return !files.includes('CURRENT') && files.some((file) => /\.(ldb|log)$/.test(file))
}
