import type { SettingName } from './settings.ts'

/**
 * A setting that cannot be used: the message names it, its value and the cure. `problem` is the
 * message without the name, for a caller that knows the setting under another one (`--port`).
 */
export class SettingError extends Error {
  readonly code = 'ERR_GATEWAY_SETTING'
  readonly setting: SettingName
  readonly problem: string
  /** For a command line: 2 for a value that can never work, 1 for one that cannot work now. */
  readonly exitCode: 1 | 2

  constructor(setting: SettingName, problem: string, exitCode: 1 | 2 = 2, cause?: unknown) {
    super(`${setting} ${problem}`, { cause })
    this.name = 'SettingError'
    this.setting = setting
    this.problem = problem
    this.exitCode = exitCode
  }
}
