import type { SynapseToonOptions } from 'synapse-toon'
import { SettingError } from './setting-error.ts'
import type { SettingName, Settings } from './settings.ts'

/**
 * How all streams of a gateway behave: by its settings, and beside them by what its owner gives in
 * code, which counts more.
 *
 * @throws {SettingError} where limits, or the trusted proxies, are said in both places
 */
export function streamOptions(
  settings: Settings,
  given: SynapseToonOptions = {},
): SynapseToonOptions {
  const { continueMs, trustProxy, maxStreams, maxStreamsPerPrincipal: maxStreamsPerUser } = settings
  const isLimited = maxStreams !== undefined || maxStreamsPerUser !== undefined
  if (given.trustProxy !== undefined) refuse('trustProxy', settings, 'streams.trustProxy')
  if (given.limits !== undefined) {
    refuse('maxStreams', settings, 'streams.limits')
    refuse('maxStreamsPerPrincipal', settings, 'streams.limits')
  }
  return {
    continueFor: continueMs,
    trustProxy,
    limits: isLimited ? { maxStreams, maxStreamsPerUser } : undefined,
    ...given,
  }
}

/** Of two bounds, the one that was meant is not known. */
function refuse(name: SettingName, settings: Settings, rival: string): void {
  const value = settings[name]
  if (value === undefined) return
  throw new SettingError(name, `${value} cannot be used with ${rival}; leave one out`)
}
