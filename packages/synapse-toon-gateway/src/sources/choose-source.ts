import type { Settings } from '../settings.ts'
import { createAssistantSource } from './assistant/assistant.ts'
import { createOpenAiSource } from './openai.ts'
import { createReplaySource } from './replay.ts'
import type { AnswerSource } from './source.ts'

/**
 * What answers, by checked settings: a recording, an upstream, or the documentation.
 *
 * @throws {SettingError} when a file or folder that was named cannot be used
 */
export async function chooseSource(settings: Settings): Promise<AnswerSource> {
  const { replay, model, baseUrl, apiKey, docs, intervalMs } = settings
  if (replay !== undefined) return createReplaySource({ file: replay, intervalMs })
  if (model !== undefined) return createOpenAiSource({ model, baseUrl, apiKey })
  return createAssistantSource({ docs, intervalMs })
}
