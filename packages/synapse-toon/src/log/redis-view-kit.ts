import { createFakeClock } from '../testing/fake-clock.ts'
import { nextTurn } from '../time/turn.ts'
import type { LogRecord } from '../wire/record.ts'
import { producerLost } from './producer-lost.ts'
import type { ChannelListener } from './redis-channels.ts'
import { encodeRecord } from './redis-record.ts'
import type { LookOptions, Sight } from './redis-store.ts'
import { RedisView } from './redis-view.ts'

export const LEASE_MS = 300

/** Records of one look: few, so that most things take several. */
const PAGE = 3

const bytesOf = (records: readonly LogRecord[]) =>
  records.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0)

/** Redis, where commands and messages each take their own time. */
export class Model {
  records: LogRecord[] = []
  /** Of those that were trimmed or lost, too. */
  bytes = 0
  firstSeq = 1
  epoch = 'one'
  isGone = false
  readonly buried: number[] = []
  readonly counts: (number | undefined)[] = []
  /** Calls that Redis has not run yet. */
  readonly calls: (() => void)[] = []
  /** Answers and messages on their way. */
  readonly answers: (() => void)[] = []
  readonly messages: string[] = []
  listener: ChannelListener | undefined

  get lastSeq(): number {
    return this.records.at(-1)?.seq ?? 0
  }

  sight({ after = -1, readers }: LookOptions): Sight | undefined {
    this.counts.push(readers)
    if (this.isGone) return undefined
    const last = this.records.at(-1)
    return {
      epoch: this.epoch,
      principal: 'ann',
      firstSeq: this.firstSeq,
      lastSeq: this.lastSeq,
      bytes: this.bytes,
      end: last?.event === 'update' ? undefined : last,
      records: this.records.filter(({ seq }) => seq > after).slice(0, PAGE),
    }
  }

  append(count: number, isEnd = false): void {
    const from = this.lastSeq + 1
    const added: LogRecord[] = Array.from({ length: count }, (_, n) => ({
      seq: from + n,
      event: isEnd && n === count - 1 ? 'done' : 'update',
      json: `{"n":${from + n}}`,
    }))
    this.records.push(...added)
    this.bytes += bytesOf(added)
    const head = `${from} ${this.firstSeq} ${this.bytes}`
    if (this.listener !== undefined) {
      this.messages.push([head, ...added.map(encodeRecord)].join('\n'))
    }
  }

  store = {
    channelOf: () => 'channel',
    look: (_: string, options: LookOptions) => this.call(() => this.sight(options)),
    read: async (_: string, seq: number) => this.records.filter((one) => one.seq >= seq),
    readers: async () => 2,
    leave: async () => {},
    bury: (_: string, { seq }: { seq: number }) =>
      this.call(() => {
        this.buried.push(seq)
        this.isGone = false
        this.records = [producerLost(seq)]
      }),
  }

  channels = {
    join: (_: string, listener: ChannelListener) => {
      this.listener = listener
      return () => {
        this.listener = undefined
        this.messages.length = 0
      }
    },
  }

  call<Value>(run: () => Value): Promise<Value> {
    return new Promise((resolve) => {
      this.calls.push(() => {
        const value = run()
        this.answers.push(() => resolve(value))
      })
    })
  }

  deliver(): void {
    const message = this.messages.shift()
    if (message !== undefined) this.listener?.onMessage(message)
  }

  /** Lets everything that is on its way come in. */
  async settle(): Promise<void> {
    do {
      this.calls.shift()?.()
      this.answers.shift()?.()
      this.deliver()
      await nextTurn()
    } while (this.calls.length + this.answers.length + this.messages.length > 0)
  }
}

/** Opens what there is now, and can follow it. */
export function openView(model: Model) {
  const clock = createFakeClock()
  const { store, channels } = model
  const live = new Set<RedisView>()
  const view = new RedisView({
    streamId: 'stream',
    sight: model.sight({ after: 0, readers: undefined })!,
    ...{ store, channels, clock, leaseMs: LEASE_MS },
    onLive: (one) => void live.add(one),
    onIdle: (one) => void live.delete(one),
  })
  const heard: number[] = []
  const seen: LogRecord[] = []
  const follow = () =>
    view.subscribe({
      onAppend: () => {
        heard.push(view.lastSeq)
        seen.push(view.at(view.lastSeq)!)
      },
    })
  return { view, clock, live, heard, seen, follow }
}
