import { type AddressInfo, createServer, type Socket } from 'node:net'
import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { wholeNumber } from '../options/whole-number.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { connectToOneOf, type ProxyTarget } from './fault-proxy-connect.ts'
import { FaultConnection, type ProxyConnection } from './fault-proxy-connection.ts'
import { checkFault, FAULT_KINDS, type Fault, type FaultKind } from './fault-proxy-fault.ts'
import type { FaultPlan } from './fault-proxy-plan.ts'
import { resetNow } from './fault-proxy-reset.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'

export interface FaultProxyOptions {
  /** Where connections go. Of a list each in turn, and the next where one does not take it. */
  readonly target: ProxyTarget | readonly ProxyTarget[]
  /** What each connection is to suffer from its first byte on. Default: nothing. */
  readonly plan?: FaultPlan
  /** What the plan draws from. Default: a new one, whose `seed` says which. */
  readonly random?: SeededRandom
  /** Default: the system's. */
  readonly clock?: Clock
}

/** A TCP proxy that passes bytes on unchanged, until it is told to behave badly. */
export interface FaultProxy {
  /** Loopback. */
  readonly host: string
  readonly port: number
  /** `http://host:port`, for those who speak it. */
  readonly url: string
  /** Of what the plan draws from: all that is needed to replay it. */
  readonly seed: number
  /** Connections that pass bytes: neither cut nor closed, oldest first. */
  readonly connections: readonly ProxyConnection[]
  /** How many those are. */
  readonly open: number
  /** Connections accepted since the start. */
  readonly total: number
  /** Connections that no target took; their clients got a reset. */
  readonly unreachable: number
  /** Bytes passed on, by all connections since the start. */
  readonly bytes: { readonly up: number; readonly down: number }
  /** Bytes in memory now: at most 256 KiB for each direction of a connection. */
  readonly held: number
  /** How often each kind of fault took effect on a connection. */
  readonly faults: Readonly<Record<FaultKind, number>>
  /**
   * Does it to every open connection; and, but for a cut at once, to those to come, until `resume`,
   * a 0 or `clear()` takes it back.
   *
   * @throws {InvalidOptionError} names the field, its value and what it must be
   */
  apply(fault: Fault): void
  /** Takes back all that was set, here and on each connection. The plan stays. */
  clear(): void
  /** Stops listening and cuts all; settles when every socket is gone. */
  close(): Promise<void>
}

const OPTIONS = ['target', 'plan', 'random', 'clock']

/**
 * Puts a proxy on a free port of loopback, in front of `target`.
 *
 * @throws {InvalidOptionError} names the option, its value and what it must be
 */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { targets, plan, random, clock } = checkOptions(options)
  const faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<
    FaultKind,
    number
  >
  const all = new Set<FaultConnection>()
  /** For clients that wait for a target. */
  const accepting = new Set<Promise<void>>()
  const giveUp = new AbortController()
  /** What new connections begin with. */
  let standing: Fault[] = []
  let cancelStall: (() => void) | undefined
  let total = 0
  let unreachable = 0
  const gone = { up: 0, down: 0 }
  let closing: Promise<void> | undefined

  const connections = () => [...all].filter(({ cut }) => cut === undefined)

  async function accept(client: Socket): Promise<void> {
    const number = ++total
    const first = (number - 1) % targets.length
    const inTurn = [...targets.slice(first), ...targets.slice(0, first)]
    // The client's socket is paused: it can neither end nor fail while it waits.
    const reached = await connectToOneOf(inTurn, giveUp.signal)
    if (reached === undefined || giveUp.signal.aborted) {
      if (!giveUp.signal.aborted) unreachable++
      reached?.socket.destroy()
      resetNow(client)
      return
    }
    const { target, socket: upstream } = reached
    const onFault = (kind: FaultKind) => void faults[kind]++
    const connection = new FaultConnection({ number, target, client, upstream, clock, onFault })
    all.add(connection)
    void connection.closed.then(() => {
      all.delete(connection)
      gone.up += connection.bytes.up
      gone.down += connection.bytes.down
    })
    for (const fault of standing) connection.apply(fault)
    for (const fault of plan(random.fork(number), number)) connection.apply(fault)
  }

  /** Keeps what new connections are to begin with. A fault of a kind replaces the one before. */
  function keep(fault: Fault, kind: FaultKind): void {
    const isAtOnce = !('after' in fault) || fault.after === undefined || fault.after === 0
    if (kind === 'cut' && isAtOnce) return
    const replaced = kind === 'resume' ? 'stall' : kind
    standing = standing.filter((other) => !(replaced in other))
    if (kind === 'stall' || kind === 'resume') cancelStall?.()
    if (kind === 'resume') return
    if ('stall' in fault && isAtOnce) {
      // One end for all of them, whenever they came.
      standing.push({ stall: true })
      if (fault.forMs !== undefined)
        cancelStall = clock.after(fault.forMs, () => apply({ resume: true }))
    } else standing.push(fault)
  }

  function apply(fault: Fault): void {
    keep(fault, checkFault(fault))
    for (const connection of connections()) connection.apply(fault)
  }

  function clear(): void {
    standing = []
    cancelStall?.()
    for (const connection of connections()) connection.clear()
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  server.on('connection', (client) => {
    const accepted = accept(client).finally(() => accepting.delete(accepted))
    accepting.add(accepted)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { address: host, port } = server.address() as AddressInfo

  async function cutAll(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    cancelStall?.()
    giveUp.abort()
    await Promise.all(accepting)
    for (const connection of all) connection.destroy()
    await Promise.all([closed, ...[...all].map((connection) => connection.closed)])
  }

  return {
    host,
    port,
    url: `http://${host}:${port}`,
    seed: random.seed,
    get connections() {
      return connections()
    },
    get open() {
      return connections().length
    },
    get total() {
      return total
    },
    get unreachable() {
      return unreachable
    },
    get bytes() {
      const sum = { ...gone }
      for (const { bytes } of all) {
        sum.up += bytes.up
        sum.down += bytes.down
      }
      return sum
    },
    get held() {
      return [...all].reduce((sum, { held }) => sum + held, 0)
    },
    get faults() {
      return { ...faults }
    },
    apply,
    clear,
    close: () => (closing ??= cutAll()),
  }
}

function checkOptions(options: FaultProxyOptions) {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', 'an object, for example { target: { port } }', options)
  }
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue
    throw new InvalidOptionError('an option', `one of ${OPTIONS.join(', ')}`, name)
  }
  const { target, plan = () => [], random = createSeededRandom(), clock = systemClock } = options
  if (typeof plan !== 'function') throw new InvalidOptionError('plan', 'a function', plan)
  if (typeof random?.fork !== 'function') {
    throw new InvalidOptionError('random', 'made by createSeededRandom', random)
  }
  if (typeof clock?.after !== 'function') {
    throw new InvalidOptionError('clock', 'an object with now and after', clock)
  }
  const targets: readonly ProxyTarget[] = [target].flat()
  if (targets.length === 0) throw new InvalidOptionError('target', 'one or more targets', target)
  for (const [index, one] of targets.entries()) {
    checkTarget(targets.length === 1 ? 'target' : `target[${index}]`, one)
  }
  return { targets, plan, random, clock }
}

function checkTarget(name: string, target: ProxyTarget): void {
  if (typeof target !== 'object' || target === null) {
    throw new InvalidOptionError(name, 'an object { host, port }', target)
  }
  const { host, port } = target
  if (host !== undefined && (typeof host !== 'string' || host === '')) {
    throw new InvalidOptionError(`${name}.host`, 'an address, left out: 127.0.0.1', host)
  }
  wholeNumber(`${name}.port`, port, 1, 65_535, 'the port that the target listens on')
}
