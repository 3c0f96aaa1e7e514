import { connect, type Socket } from 'node:net'

/** Where a proxy leads to. */
export interface ProxyTarget {
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly port: number
}

/** A socket that is connected, and to whom. */
export interface Reached {
  readonly target: ProxyTarget
  readonly socket: Socket
}

/**
 * Tries targets one after the other.
 *
 * @param signal gives up
 * @returns undefined where none of them takes the connection
 */
export async function connectToOneOf(
  targets: readonly ProxyTarget[],
  signal: AbortSignal,
): Promise<Reached | undefined> {
  for (const target of targets) {
    if (signal.aborted) return undefined
    const socket = await reach(target, signal)
    if (socket !== undefined) return { target, socket }
  }
  return undefined
}

function reach({ host, port }: ProxyTarget, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    // Half open: a side that has sent all may still be told the rest, as on a plain line.
    const socket = connect({ host: host ?? '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    const settle = (reached: Socket | undefined) => {
      signal.removeEventListener('abort', giveUp)
      socket.off('error', fail).off('connect', succeed)
      resolve(reached)
    }
    const fail = () => settle(undefined)
    const succeed = () => settle(socket)
    const giveUp = () => {
      socket.destroy()
      settle(undefined)
    }
    socket.on('error', fail).on('connect', succeed)
    signal.addEventListener('abort', giveUp)
  })
}
