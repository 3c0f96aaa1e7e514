/** `synapse-toon-gateway`: the gateway as a part of your own server. */
export { createGateway, type Gateway, type GatewayOptions } from './create-gateway.ts'
export { SettingError } from './setting-error.ts'
export type { SettingName, SettingsInput } from './settings.ts'
export type { AnswerSource, ChatMessage, Payload } from './sources/source.ts'
export {
  UpstreamError,
  UpstreamTruncatedError,
  UpstreamUnreachableError,
} from './sources/upstream-error.ts'
