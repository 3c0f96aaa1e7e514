/** What is known of a stream that was left or lost. */
export interface Place {
  /** Its own address, where the server has named one; else what was asked, where that was by GET. */
  readonly address: string | undefined
  /** `''` for none. */
  readonly lastEventId: string
  /** Whether headers were given: they may hold a key, which is not to be printed. */
  readonly hasHeaders: boolean
}

/** The command that goes on with a stream; undefined where nothing could. */
export function goOnCommand({ address, lastEventId, hasHeaders }: Place): string | undefined {
  if (address === undefined || lastEventId === '') return undefined
  const command = `synapse-toon tail ${quoted(address)} --last-event-id ${quoted(lastEventId)}`
  return hasHeaders ? `${command} and the same --header` : command
}

/** For a shell, in quotes where it would read more into it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
