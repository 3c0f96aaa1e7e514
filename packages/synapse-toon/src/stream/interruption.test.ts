import { describe, expect, it } from 'vitest'
import { SynapseToonError } from '../errors.ts'
import type { EndReason } from './end-reason.ts'
import {
  DeadlineError,
  ShutdownError,
  StreamCancelledError,
  StreamInterruptedError,
} from './errors.ts'
import { interruption } from './interruption.ts'

const deadlines = { connect: 1, firstChunk: 2, idle: 3, total: 4, stall: 5 }

describe('interruption', () => {
  it.each<[EndReason, string, number]>([
    ['connect-timeout', 'connect', 1],
    ['first-chunk-timeout', 'firstChunk', 2],
    ['idle-timeout', 'idle', 3],
    ['deadline', 'total', 4],
  ])('of %s is a DeadlineError that names the option to raise', (reason, option, milliseconds) => {
    const error = interruption(reason, undefined, deadlines)
    expect(error).toBeInstanceOf(DeadlineError)
    expect(error).toMatchObject({ code: 'ERR_SYNAPSE_DEADLINE', reason, milliseconds })
    expect((error as Error).message).toBe(
      `${reason}: deadlines.${option} of ${milliseconds} ms passed; raise it, or set it to 0 to switch it off`,
    )
  })

  it.each<[EndReason, string]>([
    ['client-left', 'Client disconnected'],
    ['stalled-client', 'Client took no bytes for too long'],
    ['overflow', 'Client fell too far behind'],
    ['producer-lost', 'stream ended: producer-lost'],
  ])('of %s is a StreamInterruptedError', (reason, message) => {
    const error = interruption(reason, undefined, deadlines)
    expect(error).toBeInstanceOf(StreamInterruptedError)
    expect(error).toMatchObject({
      code: 'ERR_SYNAPSE_INTERRUPTED',
      name: 'StreamInterruptedError',
      reason,
      message,
    })
  })

  it('of a cancel and of a shutdown has a class of its own', () => {
    expect(interruption('cancelled', undefined, deadlines)).toBeInstanceOf(StreamCancelledError)
    expect(interruption('shutdown', undefined, deadlines)).toBeInstanceOf(ShutdownError)
    expect(interruption('shutdown', undefined, deadlines)).toBeInstanceOf(SynapseToonError)
  })

  it('of a source that failed is its own error', () => {
    const error = new Error('upstream')
    expect(interruption('source-error', error, deadlines)).toBe(error)
  })
})
