import type { OpenedStream } from '../opened-stream.ts'
import type { StreamEvent } from '../stream-reader.ts'
import type { SavedStream } from './saved-stream.ts'
import type { SynapseStreamStatus } from './stream-view.ts'

/** What was asked, and where it is kept. */
export interface Question {
  /** Undefined where a function gives it. */
  readonly url: string | undefined
  readonly storageKey: string | undefined
}

/** One answer, over all the lines on which it is read. */
export interface Answer<Payload> extends Question {
  status: SynapseStreamStatus
  error: unknown
  text: string
  /** More than are shown. */
  events: StreamEvent<Payload>[]
  /** Of the last event that `text` holds; `''` for none. */
  lastEventId: string
  /** The stream's own address, once the server has named it. */
  address: string | undefined
  /** Where it was asked for, if that can be asked again: by GET. */
  asked: string | undefined
  /** Whether a response has begun: who asks again without an id may then get another answer. */
  isAnswered: boolean
  /** On which it is read; undefined when it is not. */
  line: OpenedStream<Payload> | undefined
  /** Nobody wanted to leave it; a component went. */
  isLeftByUnmount: boolean
}

export function createAnswer<Payload>({ url, storageKey }: Question): Answer<Payload> {
  return {
    url,
    storageKey,
    status: 'idle',
    error: undefined,
    text: '',
    events: [],
    lastEventId: '',
    address: undefined,
    asked: undefined,
    isAnswered: false,
    line: undefined,
    isLeftByUnmount: false,
  }
}

/** Where a reader goes on without a second answer being made; undefined for nowhere. */
export function placeOf<Payload>(answer: Answer<Payload>): string | undefined {
  return answer.address ?? askedAgain(answer)
}

function askedAgain<Payload>({ asked, isAnswered, lastEventId }: Answer<Payload>) {
  return lastEventId !== '' || !isAnswered ? asked : undefined
}

export function isOver({ status }: { readonly status: SynapseStreamStatus }): boolean {
  return status === 'complete' || status === 'cancelled'
}

/** What is to be kept of it over a reload. */
export function savedOf<Payload>(answer: Answer<Payload>): SavedStream {
  const { url, address, lastEventId, text, status } = answer
  return {
    url,
    address,
    asked: askedAgain(answer),
    lastEventId,
    text,
    status: status === 'complete' || status === 'cancelled' ? status : 'open',
  }
}

/** The answer as it was kept: over, or left by the reload. */
export function restoredAnswer<Payload>(saved: SavedStream, question: Question): Answer<Payload> {
  const { address, asked, lastEventId, text, status } = saved
  const answer = createAnswer<Payload>(question)
  return Object.assign(answer, {
    address,
    asked,
    lastEventId,
    text,
    status: status === 'open' ? 'left' : status,
  })
}
