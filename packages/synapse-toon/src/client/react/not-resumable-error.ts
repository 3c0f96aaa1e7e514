import { StreamError } from '../errors.ts'

/** `resume()` has nothing to go on from: to ask again would be another answer, to be paid again. */
export class NotResumableError extends StreamError {
  constructor() {
    const cause = 'nothing was asked, or its answer named neither an address nor an event id'
    super('NOT_RESUMABLE', `resume() has nothing to go on from: ${cause}; start() asks anew`, {
      status: undefined,
      retryable: false,
    })
  }
}
