import type { Settings } from '../stream/settings.ts'
import { AI_SDK_PROFILE } from './ai-sdk.ts'
import { createOpenAiProfile } from './openai.ts'
import type { Profile } from './profile.ts'

/** The form that the settings ask for; undefined for ours. */
export function profileOf({
  profile,
  model,
}: Pick<Settings, 'profile' | 'model'>): Profile | undefined {
  if (profile === 'synapse') return undefined
  return profile === 'openai' ? createOpenAiProfile(model) : AI_SDK_PROFILE
}
