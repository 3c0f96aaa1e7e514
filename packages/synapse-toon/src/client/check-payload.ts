import { StreamPayloadError } from './errors.ts'
import type { StandardResult, StandardSchema } from './standard-schema.ts'

/**
 * Holds a payload to a schema.
 *
 * @param data the text that it came as, for the error
 * @returns what the schema makes of it, which may be another value
 * @throws {StreamPayloadError} names the first thing that does not fit, and where it is
 */
export async function checkPayload(
  schema: StandardSchema,
  payload: unknown,
  data: string,
): Promise<unknown> {
  let result: StandardResult<unknown>
  try {
    result = await schema['~standard'].validate(payload)
  } catch (cause) {
    throw new StreamPayloadError(`schema threw: ${cause}`, data, cause)
  }
  if (result.issues === undefined) return result.value
  const { message = '', path = [] } = result.issues[0] ?? {}
  const steps = path.map((step) => String(typeof step === 'object' ? step.key : step))
  throw new StreamPayloadError(`schema: ${['payload', ...steps].join('.')}: ${message}`, data)
}
