/** The last of several values, with whatever parameters, whose texts may hold commas. */
const EVENT_STREAM = /(^|,)[\t ]*text\/event-stream[\t ]*(;([^",]|"[^"]*")*)?$/i

/** [spec §9.2.3] Whether a response is a stream: status 200, and the essence of its media type. */
export function isEventStream({ status, headers }: Response): boolean {
  return status === 200 && EVENT_STREAM.test(headers.get('content-type') ?? '')
}
