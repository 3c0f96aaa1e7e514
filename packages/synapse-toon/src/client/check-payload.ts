import type { StandardResult, StandardSchema } from './standard-schema.ts'

/** `problem`: what does not fit. */
export type CheckedPayload =
  | { readonly value: unknown; readonly problem?: undefined; readonly cause?: undefined }
  | { readonly value?: undefined; readonly problem: string; readonly cause?: unknown }

/**
 * Holds a payload to a schema. Throws nothing, and imports nothing: a stream with a schema loads this
 * module late, so that a page without one does not carry it.
 *
 * @returns what the schema makes of it, which may be another value; or the first thing that does not
 *   fit, and where it is
 */
export async function checkPayload(
  schema: StandardSchema,
  payload: unknown,
): Promise<CheckedPayload> {
  let result: StandardResult<unknown>
  try {
    result = await schema['~standard'].validate(payload)
  } catch (cause) {
    return { problem: `schema threw: ${cause}`, cause }
  }
  if (result.issues === undefined) return { value: result.value }
  const { message = '', path = [] } = result.issues[0] ?? {}
  const steps = path.map((step) => String(typeof step === 'object' ? step.key : step))
  return { problem: `schema: ${['payload', ...steps].join('.')}: ${message}` }
}
