import { checkLog, chooseLog, impliedLog } from './config-log.ts'
import { SettingError } from './setting-error.ts'
import { type SettingName, type Settings, type SettingsInput, settingsSchema } from './settings.ts'
import { describe, issueProblem } from './zod-issue.ts'

/** What a person may write on the command line, as commander hands it over. */
export type Flags = Readonly<Partial<Record<SettingName, string>>>
export type Environment = Readonly<Record<string, string | undefined>>

/** Under which names a setting is given; where there are both, the flag counts. */
const NAMES: Readonly<Record<SettingName, { readonly flag?: string; readonly env?: string }>> = {
  host: { flag: '--host' },
  port: { flag: '--port', env: 'PORT' },
  logLevel: { flag: '--log-level' },
  intervalMs: { flag: '--interval-ms' },
  replay: { flag: '--replay' },
  docs: { flag: '--docs' },
  model: { flag: '--model', env: 'OPENAI_MODEL' },
  baseUrl: { env: 'OPENAI_BASE_URL' },
  apiKey: { env: 'OPENAI_API_KEY' },
  log: { flag: '--log', env: 'SYNAPSE_LOG' },
  dataDir: { flag: '--data-dir', env: 'SYNAPSE_DATA_DIR' },
  redisUrl: { flag: '--redis-url', env: 'REDIS_URL' },
  redisPrefix: { flag: '--redis-prefix', env: 'SYNAPSE_REDIS_PREFIX' },
  drainMs: { flag: '--drain-ms', env: 'SYNAPSE_DRAIN_MS' },
  continueMs: { flag: '--continue-ms', env: 'SYNAPSE_CONTINUE_MS' },
  keepMs: { flag: '--keep-ms', env: 'SYNAPSE_KEEP_MS' },
  principalHeader: { flag: '--principal-header', env: 'SYNAPSE_PRINCIPAL_HEADER' },
  maxStreams: { flag: '--max-streams', env: 'SYNAPSE_MAX_STREAMS' },
  maxStreamsPerPrincipal: {
    flag: '--max-streams-per-principal',
    env: 'SYNAPSE_MAX_STREAMS_PER_PRINCIPAL',
  },
  trustProxy: { flag: '--trust-proxy', env: 'SYNAPSE_TRUST_PROXY' },
}

/** Flag over environment over nothing; an empty variable is one that is not set. */
export function readSettings(flags: Flags, env: Environment): SettingsInput {
  const settings: Partial<Record<SettingName, string>> = {}
  for (const name of Object.keys(NAMES) as SettingName[]) {
    const value = flags[name] ?? fromEnvironment(name, env)
    if (value !== undefined) settings[name] = value
  }
  // `--replay` and `--docs` say what is to answer: the environment's upstream does not count then,
  // while one that is named by a flag too is a contradiction, which `checkSettings` tells.
  if (flags.replay !== undefined || flags.docs !== undefined) {
    settings.baseUrl = undefined
    settings.apiKey = undefined
    settings.model = flags.model
  }
  // A model alone in the environment asks for nothing.
  if (flags.model === undefined && !settings.baseUrl && !settings.apiKey) {
    settings.model = undefined
  }
  return { ...settings, ...chooseLog(flags, env) } as SettingsInput
}

/** What a person calls a setting: the name under which they gave it, or would give it. */
export function nameOf(setting: SettingName, flags: Flags, env: Environment): string {
  const { flag, env: variable } = NAMES[setting]
  const isFromEnvironment =
    flags[setting] === undefined && fromEnvironment(setting, env) !== undefined
  return (isFromEnvironment ? variable : (flag ?? variable)) ?? setting
}

/**
 * Checks settings, each alone and together, and fills in the defaults.
 *
 * @throws {SettingError} for the first that cannot be used
 */
export function checkSettings(input: SettingsInput): Settings {
  const { data, error } = settingsSchema.safeParse(input, { reportInput: true })
  if (error !== undefined) {
    const issue = error.issues[0]!
    const name = issue.path[0] as SettingName
    throw new SettingError(name, isSecret(name, input) ? issue.message : issueProblem(issue))
  }
  checkTogether(data)
  const settings = { ...data, log: data.log ?? impliedLog(data.redisUrl, data.dataDir) ?? 'memory' }
  checkLog(settings)
  return settings
}

type SourceSetting = 'replay' | 'docs' | 'model' | 'baseUrl' | 'apiKey'

/** Values that are never shown: a key, and an address that may hold a password. */
function isSecret(name: SettingName, input: SettingsInput): boolean {
  if (name === 'apiKey') return true
  // ioredis takes a password from the query too.
  return (name === 'baseUrl' || name === 'redisUrl') && /[@?]/.test(String(input[name]))
}

function checkTogether(settings: Pick<Settings, SourceSetting>): void {
  const { replay, docs, model, baseUrl, apiKey } = settings
  const isUpstreamGiven = baseUrl !== undefined || apiKey !== undefined
  const rivals = [
    docs !== undefined && '--docs',
    (isUpstreamGiven || model !== undefined) && '--model',
  ].filter((name) => name !== false)
  if (replay !== undefined && rivals.length > 0) {
    throw new SettingError(
      'replay',
      `${describe(replay)} cannot be used with ${rivals.join(' and ')}: only one can answer; leave one out`,
    )
  }
  if (docs !== undefined && rivals.length > 1) {
    throw new SettingError(
      'docs',
      `${describe(docs)} cannot be used with --model: only one can answer; leave one out`,
    )
  }
  if (isUpstreamGiven && model === undefined) {
    throw new SettingError(
      'model',
      'is missing, but an OpenAI-compatible API is configured (OPENAI_API_KEY or OPENAI_BASE_URL); give --model NAME or set OPENAI_MODEL, or unset both to answer from the documentation',
    )
  }
  if (model !== undefined && !isUpstreamGiven) {
    throw new SettingError(
      'model',
      `${describe(model)} has no API to ask: set OPENAI_API_KEY for OpenAI, or OPENAI_BASE_URL for another server`,
    )
  }
}

function fromEnvironment(setting: SettingName, env: Environment): string | undefined {
  const { env: variable } = NAMES[setting]
  return (variable === undefined ? undefined : env[variable]) || undefined
}
