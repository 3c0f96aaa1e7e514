import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanKind, type Tracer } from '@opentelemetry/api'
import { expect, it, onTestFinished, vi } from 'vitest'
import * as library from '../index.ts'
import type { SynapseToon } from '../synapse-toon.ts'
import { createLogObserver } from './log-observer.ts'
import { createOtelObserver } from './otel.ts'
import { createPrometheusObserver } from './prometheus.ts'

const DOCUMENT = new URL('../../../../docs/metrics-analytics.md', import.meta.url)

/** What the snippets import; those that need to be watched are replaced. */
const MODULES: Record<string, object> = {
  'node:http': http,
  'synapse-toon': { ...library, createLogObserver },
  'synapse-toon/prometheus': { createPrometheusObserver },
  'synapse-toon/otel': { createOtelObserver },
}

/** Runs the snippet under a heading. @returns its `toon` */
async function runSnippet(heading: string, given: object): Promise<SynapseToon> {
  const text = (await readFile(DOCUMENT, 'utf8')).split(`\n## ${heading}\n`)[1]!
  const [, code] = /```ts\n(.*?)```/s.exec(text)!
  const scope: Record<string, unknown> = {}
  const body = code!.replace(
    /^import \{ (.*) \} from '(.*)'$/gm,
    (_, names: string, from: string) => {
      for (const name of names.split(', ')) {
        scope[name] = (MODULES[from] as Record<string, unknown>)[name]
        expect(scope[name], `${name} of ${from}`).toBeTypeOf('function')
      }
      return ''
    },
  )
  Object.assign(scope, given)
  const run = new Function(...Object.keys(scope), `${body}\nreturn toon`)
  return run(...Object.values(scope)) as SynapseToon
}

it('the log snippet logs an interruption', async () => {
  const error = vi.fn()
  const app = { log: { error } }
  const toon = await runSnippet('Log lines', { app })
  await (await toon.start(() => Promise.reject(new Error('upstream')))).done
  expect(error).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ reason: 'source-error' }),
    'Stream failed',
  )
})

it('the Prometheus snippet serves what Prometheus scrapes', async () => {
  let server: http.Server | undefined
  const createServer = (listener: http.RequestListener) => {
    server = http.createServer(listener)
    onTestFinished(() => void server!.close())
    return { listen: () => server!.listen(0, '127.0.0.1') }
  }
  const toon = await runSnippet('Prometheus', { createServer })
  await (await toon.start([{ delta: 'a' }])).done
  if (!server!.listening) await new Promise((resolve) => server!.once('listening', resolve))
  const { port } = server!.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  expect(await response.text()).toContain('synapse_toon_streams_ended_total{reason="complete"} 1')
})

it('the OpenTelemetry snippet makes spans of the provider', async () => {
  const span = {
    addEvent: vi.fn(),
    setAttribute: vi.fn(),
    setAttributes: vi.fn(),
    updateName: vi.fn(),
    end: vi.fn(),
  }
  const startSpan = vi.fn((..._args: unknown[]) => span)
  const toon = await runSnippet('OpenTelemetry', {
    createOtelObserver: (options: object) =>
      createOtelObserver({ ...options, tracer: { startSpan } as unknown as Tracer }),
  })
  await (await toon.start([{ delta: 'a' }])).done
  expect(startSpan).toHaveBeenCalledExactlyOnceWith('chat', {
    kind: SpanKind.CLIENT,
    attributes: expect.objectContaining({ 'gen_ai.provider.name': 'openai' }),
  })
  expect(span.end).toHaveBeenCalledOnce()
})
