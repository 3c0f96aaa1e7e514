import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSynapseToon, type SynapseToonOptions } from 'synapse-toon'
import { onTestFinished } from 'vitest'
import { type NginxOptions, startNginx } from './nginx-server.ts'
import { until } from './test-server.ts'

export type Handler = (req: IncomingMessage, res: ServerResponse, instance: number) => unknown

export interface Instance {
  readonly port: number
  /** Requests that it got. */
  readonly requests: IncomingMessage[]
  /** Nobody listens on its port any more, and all lines are cut. */
  stop(): Promise<void>
}

export async function startInstance(handler: Handler, instance: number): Promise<Instance> {
  const requests: IncomingMessage[] = []
  // As the gateway does, for long messages in an address.
  const server: Server = createServer({ maxHeaderSize: 131_072 }, (req, res) => {
    requests.push(req)
    void handler(req, res, instance)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(stop)
  return { port: (server.address() as AddressInfo).port, requests, stop }
}

/** nginx before two instances that do the same. */
export async function startTwo(handler: Handler, options: Omit<NginxOptions, 'targets'> = {}) {
  const instances = await Promise.all([0, 1].map((index) => startInstance(handler, index)))
  const nginx = await startNginx({ ...options, targets: instances.map(({ port }) => ({ port })) })
  const requests = () => instances.flatMap((instance) => instance.requests)
  return { nginx, url: nginx.url, instances, requests }
}

/** Two instances that serve the streams of one `toon`, as two on one Redis do. */
export async function startStreams(
  source: Parameters<ReturnType<typeof createSynapseToon>['pipe']>[0],
  streams: SynapseToonOptions = {},
  options: Omit<NginxOptions, 'targets'> = {},
) {
  const toon = createSynapseToon(streams)
  return startTwo((req, res) => toon.pipe(source, { req, res }), options)
}

/** A source whose tokens are let out one by one. */
export function createTap() {
  const waiting: ((token: string | undefined) => void)[] = []
  return {
    async *source() {
      while (true) {
        const token = await new Promise<string | undefined>((resolve) => waiting.push(resolve))
        if (token === undefined) return
        yield { delta: token }
      }
    },
    /** undefined: no more come. */
    async pass(token: string | undefined) {
      await until(() => waiting.length > 0, 'the source is asked')
      waiting.shift()!(token)
    },
  }
}
