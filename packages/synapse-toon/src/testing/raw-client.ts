import { connect, type Socket } from 'node:net'

export interface RawClientOptions {
  /** Default GET. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent with its `Content-Length`. */
  readonly body?: string
}

/** A client on a real TCP socket that reads, stops reading and leaves when it is told to. */
export interface RawClient {
  /** What has been read: head and chunked body as they came. */
  readonly received: string
  /** Bytes read. */
  readonly bytes: number
  /** HTTP status; 0 until the head was read. */
  readonly status: number
  /** Settles once the request is on the way. */
  readonly sent: Promise<void>
  /** Settles when the line is closed by whichever side. */
  readonly closed: Promise<void>
  /** Settles when `received` contains `text`; rejects when the line is closed before. */
  waitFor(text: string): Promise<void>
  /** Stops taking bytes from the network, so that its buffers fill up. */
  pause(): void
  resume(): void
  /** Closes the line: with a reset (a crash, a lost phone), or in order. Default: reset. */
  leave(how?: 'reset' | 'close'): void
}

/** Opens a connection of its own and sends one HTTP/1.1 request. */
export function openRawClient(url: string | URL, options: RawClientOptions = {}): RawClient {
  const { hostname, port, pathname, search, host } = new URL(url)
  const { method = 'GET', headers = {}, body = '' } = options
  const socket: Socket = connect({ host: hostname, port: Number(port) })
  let received = ''
  let bytes = 0
  /** Told each piece of text that comes, and undefined when the line is closed. */
  const watchers = new Set<(news: string | undefined) => void>()
  let isClosed = false

  const fields = Object.entries({ Host: host, ...headers })
  if (body !== '') fields.push(['Content-Length', String(Buffer.byteLength(body))])
  const head = `${method} ${pathname}${search} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`

  socket.on('data', (chunk) => {
    bytes += chunk.length
    const news = chunk.toString('latin1')
    received += news
    for (const watch of watchers) watch(news)
  })
  // What a test wants to know of a failed line is that it is closed.
  socket.on('error', () => {})
  const sent = new Promise<void>((resolve) => socket.write(head + body, () => resolve()))
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true
      resolve()
      for (const watch of watchers) watch(undefined)
    })
  })

  return {
    get received() {
      return received
    },
    get bytes() {
      return bytes
    },
    get status() {
      return Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0)
    },
    sent,
    closed,
    waitFor: (text) =>
      new Promise((resolve, reject) => {
        // Only what is new is searched, with an overlap for a text that is cut in two: searching
        // `received` anew for every chunk would be quadratic.
        let overlap = ''
        const watch = (news: string | undefined) => {
          const found = news !== undefined && (overlap + news).includes(text)
          if (news !== undefined) overlap = (overlap + news).slice(1 - text.length)
          if (!found && !isClosed) return
          watchers.delete(watch)
          if (found) resolve()
          else reject(new Error(`line closed before ${JSON.stringify(text)} came`))
        }
        watchers.add(watch)
        watch(received)
      }),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    leave(how = 'reset') {
      if (how === 'reset') socket.resetAndDestroy()
      else socket.destroy()
    },
  }
}

/** A client that sends its request and then reads nothing, until `resume()`. */
export function openSlowClient(url: string | URL, options?: RawClientOptions): RawClient {
  const client = openRawClient(url, options)
  client.pause()
  return client
}

/**
 * A client that leaves as soon as it has read `text`, or, without one, once its request is sent.
 * `closed` settles when it is gone.
 */
export function openLeavingClient(
  url: string | URL,
  options: RawClientOptions & { readonly after?: string; readonly how?: 'reset' | 'close' } = {},
): RawClient {
  const client = openRawClient(url, options)
  const seen = options.after === undefined ? client.sent : client.waitFor(options.after)
  seen.then(
    () => client.leave(options.how),
    () => {
      // Closed by the server before: it is gone all the same.
    },
  )
  return client
}
