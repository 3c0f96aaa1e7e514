import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSynapseToon, type Source, type StreamOptions } from 'synapse-toon'
import { onTestFinished } from 'vitest'
import { main } from '../cli.ts'
import type { TailOutput } from './tail-io.ts'

/** A process that runs the command line in this one, and writes down what it does. */
export function startTail(
  args: readonly string[],
  outputs: { readonly stdout?: TailOutput; readonly stderr?: TailOutput } = {},
) {
  const out: Buffer[] = []
  const err: string[] = []
  const exits: number[] = []
  const signals = new EventEmitter()
  const watchers = new Set<() => void>()
  const stdout = outputs.stdout ?? {
    write(text: string | Uint8Array) {
      out.push(Buffer.from(text as string))
      for (const look of watchers) look()
    },
  }
  const stderr = outputs.stderr ?? { write: (text) => void err.push(String(text)) }
  const exit = (code: number) => void exits.push(code)
  const code = main(['tail', ...args], { env: {}, stdout, stderr, signals, exit })
  const bytes = () => Buffer.concat(out)
  return {
    code,
    signals,
    exits,
    bytes,
    out: () => bytes().toString(),
    err: () => err.join(''),
    /** Settles when this was printed. */
    printed: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!bytes().includes(text)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
  }
}

/** Runs the command to its end. */
export async function runTail(...args: string[]) {
  const started = startTail(args)
  const code = await started.code
  return { code, out: started.out(), err: started.err(), bytes: started.bytes() }
}

/** A server on loopback, until the test ends. */
export async function serveHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server of ours: `/chat` asks, and each answer has an address of its own. */
export async function serveStreams(source: Source<unknown>, options: StreamOptions = {}) {
  const toon = createSynapseToon({ streamUrl: (id) => `/streams/${id}`, ...options })
  const asked: string[] = []
  const open = new Set<ServerResponse>()
  const url = await serveHttp(async (req, res) => {
    const { pathname } = new URL(req.url!, 'http://host')
    const [, root, streamId = ''] = pathname.split('/')
    asked.push(`${req.method} /${root} ${req.headers['last-event-id'] ?? ''}`.trim())
    open.add(res)
    await toon.pipe(root === 'chat' ? source : { streamId }, { req, res })
    open.delete(res)
  })
  return {
    url: `${url}/chat`,
    toon,
    asked,
    /** Cuts all lines, as a lost network would. */
    cut() {
      for (const res of open) res.destroy()
    },
  }
}
