import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClientCase, ScriptedAnswer } from './client-case.ts'
import { until } from './test-server.ts'

/** So long, in ms, is a cut held back: it throws away what the other side has, and has not read. */
const BEFORE_CUT_MS = 30

interface Running {
  readonly script: ClientCase
  readonly requests: string[]
  readonly left: number[]
  /** Responses that are not over. */
  open: number
}

/** Serves scripted cases on real sockets, each under an address of its own, to pages of any origin. */
export interface ScriptServer {
  /** @returns the address of the case */
  begin(script: ClientCase): string
  /** What was asked, once all lines are closed. */
  asked(url: string): Promise<{ readonly requests: string[]; readonly left: number[] }>
  close(): Promise<void>
}

export async function startScriptServer(): Promise<ScriptServer> {
  const cases = new Map<string, Running>()
  const server = createServer(async (req, res) => {
    const [, key = '', ...rest] = req.url!.split('/')
    const running = cases.get(key)
    if (running === undefined) return res.writeHead(404).end()
    allowOrigin(req, res)
    // On a line of its own: Chromium itself sends even a POST again that was cut on a used one.
    if (req.method === 'OPTIONS') return res.writeHead(204, { Connection: 'close' }).end()
    const place = running.requests.length
    const body = await bodyOf(req)
    running.requests.push(describe(req, `/${rest.join('/')}`, body, running.script.watch ?? []))
    const answer = running.script.answers[place]
    if (answer === undefined)
      return res.writeHead(500).end('more requests than the script has answers')
    running.open++
    res.on('close', () => {
      running.open--
      if (answer.end === 'hang') running.left.push(place)
    })
    return play(res, answer, `/${key}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    begin(script) {
      const key = `case-${cases.size}`
      cases.set(key, { script, requests: [], left: [], open: 0 })
      return `${origin}/${key}/`
    },
    async asked(url) {
      const running = cases.get(new URL(url).pathname.split('/')[1]!)!
      await until(() => running.open === 0, 'all lines of the case were closed')
      const { requests, left } = running
      return { requests, left }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function allowOrigin(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('Access-Control-Allow-Origin', '*')
  res.setHeader('Access-Control-Expose-Headers', '*')
  res.setHeader('Access-Control-Allow-Methods', 'GET, POST, DELETE')
  const wanted = req.headers['access-control-request-headers']
  if (wanted !== undefined) res.setHeader('Access-Control-Allow-Headers', wanted)
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of req) body += chunk
  return body
}

function describe(
  req: IncomingMessage,
  path: string,
  body: string,
  watch: readonly string[],
): string {
  const id = req.headers['last-event-id'] as string | undefined
  return [
    `${req.method} ${path}`,
    // Node gives a header's bytes as characters of latin1.
    ...(id === undefined ? [] : [`id=${Buffer.from(id, 'latin1').toString('utf8')}`]),
    ...(body === '' ? [] : [`body=${body}`]),
    ...watch.map((name) => `${name}=${req.headers[name]}`),
  ].join(' ')
}

async function play(res: ServerResponse, answer: ScriptedAnswer, address: string): Promise<void> {
  const { status = 200, headers = {}, chunks = [], end = 'end' } = answer
  if (status === 0) return void res.socket!.resetAndDestroy()
  for (const [name, value] of Object.entries(headers)) {
    res.setHeader(name, value.replace('$', address))
  }
  // A line for each response: a client may send a request again that was cut on a used one. But not
  // where the line is cut: Node 20 takes that for an end in order, if it was told of the close.
  if (end === 'end') res.setHeader('Connection', 'close')
  res.writeHead(status)
  res.flushHeaders()
  for (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? chunk : Uint8Array.from(chunk)
    await new Promise((resolve) => res.write(bytes, resolve))
  }
  if (end === 'end') return void res.end()
  if (end === 'hang') return
  await new Promise((resolve) => setTimeout(resolve, BEFORE_CUT_MS))
  if (end === 'reset') res.socket?.resetAndDestroy()
  else res.socket?.end()
}
