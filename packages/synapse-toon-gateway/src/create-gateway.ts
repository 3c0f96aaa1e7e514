import type { FastifyInstance } from 'fastify'
import type { SynapseToon, SynapseToonOptions } from 'synapse-toon'
import { checkSettings } from './config.ts'
import { listen } from './listen.ts'
import { buildServer } from './server.ts'
import type { SettingsInput } from './settings.ts'
import { chooseSource } from './sources/choose-source.ts'
import type { AnswerSource } from './sources/source.ts'

export interface GatewayOptions extends SettingsInput {
  /** What answers. Default: chosen by `replay`, `model` and `docs`, else the documentation. */
  readonly source?: AnswerSource
  /** Behaviour of all streams: log for resume, deadlines, observer. Default: the library's. */
  readonly streams?: SynapseToonOptions
  /** Takes the log's lines, as JSON. Default: stderr. */
  readonly logStream?: { write(line: string): void }
}

export interface Gateway {
  /** For routes of your own, before `listen`. */
  readonly app: FastifyInstance
  readonly toon: SynapseToon
  readonly source: AnswerSource
  /**
   * @returns the address, with the real port
   * @throws {SettingError} when `host` and `port` cannot be had
   */
  listen(): Promise<string>
  /**
   * Refuses new streams, gives running ones `drain` ms, ends them with `shutdown`, then stops
   * listening. Lines that are open 2 s later are cut.
   *
   * @param options.drain ms. 0: ends them at once. Default 10 000.
   */
  close(options?: { readonly drain?: number }): Promise<void>
}

/**
 * For the last bytes to reach their readers when the server closes, in ms. A browser's spare line,
 * opened ahead and never used, or a reader that takes nothing would otherwise be waited for.
 */
const LAST_BYTES_MS = 2_000

/**
 * Makes a gateway. Does not read the environment: what is not given is the default.
 *
 * @throws {SettingError} names the setting, its value and the cure
 */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { source: given, streams, logStream, ...input } = options
  const settings = checkSettings(input)
  const source = given ?? (await chooseSource(settings))
  const { logLevel } = settings
  const { app, toon } = await buildServer({ source, logLevel, logStream, streams })
  return {
    app,
    toon,
    source,
    listen: () => listen(app, settings),
    async close(closing) {
      await toon.shutdown(closing)
      const cutOff = setTimeout(() => app.server.closeAllConnections(), LAST_BYTES_MS)
      await app.close()
      clearTimeout(cutOff)
    },
  }
}
