import { describe, expect, it } from 'vitest'
import { AI_SDK_PROFILE } from './ai-sdk.ts'
import { profileOf } from './profile-of.ts'

describe('profileOf', () => {
  it('gives what the settings name, and nothing for our own form', () => {
    expect(profileOf({ profile: 'synapse', model: 'm' })).toBeUndefined()
    expect(profileOf({ profile: 'ai-sdk', model: 'm' })).toBe(AI_SDK_PROFILE)
  })

  it('shares frames among readers of one model, and no others', () => {
    const keyOf = (model: string) => profileOf({ profile: 'openai', model })!.key
    expect(keyOf('m')).toBe(keyOf('m'))
    expect(new Set([keyOf('m'), keyOf('n'), AI_SDK_PROFILE.key]).size).toBe(3)
  })
})
