import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { SettingError } from './setting-error.ts'
import type { Settings } from './settings.ts'
import { describe } from './zod-issue.ts'

/**
 * @returns the address, with the real port
 * @throws {SettingError} when `host` and `port` cannot be had
 */
export async function listen(app: FastifyInstance, { host, port }: Settings): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw listenProblem(error as NodeJS.ErrnoException, host, port)
  }
  return urlOf(host, (app.server.address() as AddressInfo).port)
}

/** What people type into a browser: an address that means "all of them" is not one to go to. */
export function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  switch (error.code) {
    case 'EADDRINUSE': {
      const cure = 'stop what listens there, or choose another (0: any free port)'
      return new SettingError('port', `${port} is in use on ${host}; ${cure}`, 1, error)
    }
    case 'EACCES': {
      const cure = 'choose one above 1023'
      return new SettingError('port', `${port} may not be used by this user; ${cure}`, 1, error)
    }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      const cure = 'use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses'
      return new SettingError('host', `${describe(host)} is no address of this machine; ${cure}`, 1)
    }
    default:
      return error
  }
}
