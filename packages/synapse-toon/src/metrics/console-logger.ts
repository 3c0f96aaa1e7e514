/**
 * Where structured lines go. The signature is pino's, so that a pino logger (Fastify's `app.log`)
 * is one; `consoleLogger` is one for `console`.
 */
export interface StructuredLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

type Level = keyof StructuredLogger

/** One line of JSON for each call, to `console`: warnings and errors go to standard error. */
export const consoleLogger: StructuredLogger = {
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
}

function write(level: Level, fields: object, message: string): void {
  console[level](JSON.stringify({ level, time: new Date().toISOString(), message, ...fields }))
}
