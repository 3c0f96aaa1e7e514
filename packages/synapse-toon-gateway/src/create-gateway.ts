import type { FastifyInstance } from 'fastify'
import type { SynapseToon, SynapseToonOptions } from 'synapse-toon'
import { checkSettings } from './config.ts'
import { listen } from './listen.ts'
import { openRecords } from './records/open-records.ts'
import { buildServer } from './server.ts'
import { SettingError } from './setting-error.ts'
import type { LogKind, Settings, SettingsInput } from './settings.ts'
import { chooseSource } from './sources/choose-source.ts'
import type { AnswerSource } from './sources/source.ts'
import { streamOptions } from './stream-options.ts'

export interface GatewayOptions extends SettingsInput {
  /** What answers. Default: chosen by `replay`, `model` and `docs`, else the documentation. */
  readonly source?: AnswerSource
  /**
   * Behaviour of all streams: deadlines, limits, observer. Default: the library's. A `log` stays
   * yours to open; without one, the setting `log` says where answers are kept. `principal` is that
   * of the gateway's own routes; name it anew in routes of yours.
   */
  readonly streams?: SynapseToonOptions
  /** Takes the log's lines, as JSON. Default: stderr. */
  readonly logStream?: { write(line: string): void }
}

export interface Gateway {
  /** For routes of your own, before `listen`. */
  readonly app: FastifyInstance
  readonly toon: SynapseToon
  readonly source: AnswerSource
  /** Where answers are kept, for people; undefined where that is `streams.log`. */
  readonly records: { readonly kind: LogKind; readonly note: string } | undefined
  /**
   * @returns the address, with the real port
   * @throws {SettingError} when `host` and `port` cannot be had
   */
  listen(): Promise<string>
  /**
   * Is not ready from now on (`GET /readyz`), refuses new streams, gives running ones `drain` ms,
   * ends them with `shutdown`, then stops listening. Lines that are open 2 s later are cut. With
   * the log `redis`, readers are sent to other gateways at once, and go on there.
   *
   * @param options.drain ms. 0: ends them at once. Default: the setting `drainMs`, 7 000.
   */
  close(options?: { readonly drain?: number }): Promise<void>
}

/**
 * Makes a gateway. Does not read the environment: what is not given is the default, and answers are
 * kept in memory.
 *
 * @throws {SettingError} names the setting, its value and the cure
 */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { source: given, streams, logStream, ...input } = options
  const settings = checkSettings(input)
  checkOneLog(settings, streams)
  const behaviour = streamOptions(settings, streams)
  const source = given ?? (await chooseSource(settings))
  const { logLevel, principalHeader, drainMs } = settings
  const { app, toon, records, close } = await buildServer({
    source,
    logLevel,
    logStream,
    principalHeader,
    streams: behaviour,
    openRecords: streams?.log ? undefined : (report) => openRecords(settings, report),
  })
  return {
    app,
    toon,
    source,
    records,
    listen: () => listen(app, settings),
    close: ({ drain = drainMs } = {}) => close(drain),
  }
}

function checkOneLog({ log }: Settings, streams: SynapseToonOptions | undefined): void {
  if (streams?.log === undefined || log === 'memory') return
  throw new SettingError('log', `"${log}" cannot be used with streams.log; leave one out`)
}
