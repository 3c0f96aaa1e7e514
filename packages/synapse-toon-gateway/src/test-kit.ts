import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SynapseToon } from 'synapse-toon'
import { createScriptedSource, type ScriptStep } from 'synapse-toon/testing'
import { onTestFinished } from 'vitest'
import { buildServer, type ServerParts } from './server.ts'
import type { AnswerSource, Payload } from './sources/source.ts'

export interface RunningGateway {
  readonly url: string
  readonly toon: SynapseToon
  /** Everything that was logged so far, at every level. */
  readonly log: () => string
  /** As a signal does. */
  readonly close: (drain: number) => Promise<void>
}

/** A gateway on a real socket, until the test ends. */
export async function startGateway(
  parts: Partial<ServerParts> & Pick<ServerParts, 'source'>,
): Promise<RunningGateway> {
  const lines: string[] = []
  const logStream = { write: (line: string) => void lines.push(line) }
  const { app, toon, close } = await buildServer({ logLevel: 'trace', logStream, ...parts })
  await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    const over = close(0)
    app.server.closeAllConnections()
    await over
  })
  const { port } = app.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, toon, log: () => lines.join(''), close }
}

/** A source that does what it is told, for tests of what is around it. */
export function scriptedAnswers(steps: readonly ScriptStep<Payload>[]) {
  const script = createScriptedSource<Payload>(steps)
  const source: AnswerSource<Payload> = {
    kind: 'scripted',
    name: 'Script',
    note: 'Says what a test tells it.',
    open: (_messages, context) => script.source(context),
    transform: (payload) => payload,
  }
  return { source, script }
}

export interface DrivenAnswers {
  readonly source: AnswerSource<Payload>
  /** How often the source was asked. */
  readonly runs: number
  /** What the signal of the last run said; undefined while it has not fired. */
  readonly signalReason: unknown
  say(...deltas: readonly string[]): void
  /** All that was said is the answer. */
  end(): void
}

/** A source that says what a test says, when it says it; the same to all who ask. */
export function drivenAnswers(): DrivenAnswers {
  const said: string[] = []
  const wakers = new Set<() => void>()
  const state = { runs: 0, isOver: false, signalReason: undefined as unknown }

  async function* open(signal: AbortSignal): AsyncGenerator<Payload, void, undefined> {
    for (let next = 0; !signal.aborted; ) {
      if (next < said.length) yield { delta: said[next++]! }
      else if (state.isOver) return
      else await new Promise<void>((resolve) => wakers.add(resolve))
    }
  }
  function wake(): void {
    for (const resolve of wakers) resolve()
    wakers.clear()
  }

  return {
    source: {
      kind: 'driven',
      name: 'Test',
      note: 'Says what a test says.',
      open(_messages, { signal }) {
        state.runs++
        signal.addEventListener('abort', () => {
          state.signalReason = signal.reason
          wake()
        })
        return open(signal)
      },
      transform: (payload) => payload,
    },
    get runs() {
      return state.runs
    },
    get signalReason() {
      return state.signalReason
    },
    say(...deltas) {
      said.push(...deltas)
      wake()
    },
    end() {
      state.isOver = true
      wake()
    },
  }
}

export function words(...texts: readonly string[]): ScriptStep<Payload>[] {
  return texts.map((delta) => ({ yield: { delta } }))
}

export interface UpstreamRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, unknown>
}

export interface FakeUpstream {
  readonly baseUrl: string
  readonly requests: readonly UpstreamRequest[]
  /** Settles when a response's line is closed before it was ended. */
  readonly left: Promise<void>
}

/** An OpenAI-compatible server that answers as the test says, until the test ends. */
export async function startUpstream(
  respond: (response: ServerResponse, request: UpstreamRequest) => void,
): Promise<FakeUpstream> {
  const requests: UpstreamRequest[] = []
  let onLeft: () => void
  const left = new Promise<void>((resolve) => {
    onLeft = resolve
  })
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    const seen = { path: request.url ?? '', headers: request.headers, body }
    requests.push(seen)
    response.on('close', () => {
      if (!response.writableFinished) onLeft()
    })
    respond(response, seen)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { baseUrl: `http://127.0.0.1:${port}/v1`, requests, left }
}

export function sendEventStream(response: ServerResponse, ...events: readonly unknown[]): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
  for (const event of events) response.write(asEvent(event))
}

/** `[DONE]` and other text as it is, all else as JSON. */
export function asEvent(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

/** A chunk as OpenAI sends it. */
export function chunk(content: string, more: Record<string, unknown> = {}) {
  const { finish_reason = null, index = 0, ...rest } = more
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'test-model',
    choices: [{ index, delta: { content }, finish_reason }],
    ...rest,
  }
}

export function finish(index = 0) {
  return {
    ...chunk(''),
    choices: [{ index, delta: {}, finish_reason: 'stop' }],
  }
}

/** Writes files into a folder of their own, which goes when the test ends. */
export function tempFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'synapse-toon-gateway-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** A signal that never fires, and the rest of what a source is given. */
export function sourceContext(signal = new AbortController().signal) {
  return { signal, streamId: 'test', lastEventId: undefined }
}
