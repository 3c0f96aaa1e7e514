import { useEffect, useReducer, useRef } from 'react'
import type { AnswerAction } from './answer-state.ts'
import { conversationReducer, type Turn } from './conversation.ts'
import { listenToAnswer } from './listen.ts'
import { chatAddress, streamAddress } from './stream-address.ts'

export type ChatStream = {
  turns: Turn[]
  /** An answer is on its way: nothing new can be asked. */
  isBusy: boolean
  ask: (question: string) => void
  /** First press: asks the server to stop. Second press, or no stream id yet: closes the line. */
  stop: () => void
}

const now = () => performance.now()

/** The conversation, and the one EventSource that is open at a time. */
export function useChatStream(): ChatStream {
  const [turns, dispatch] = useReducer(conversationReducer, [])
  const open = useRef<EventSource | undefined>(undefined)
  useEffect(() => () => open.current?.close(), [])

  const newest = turns.at(-1)
  const isBusy = newest !== undefined && newest.answer.phase !== 'ended'
  const tell = (number: number) => (action: AnswerAction) =>
    dispatch({ type: 'answer', number, action })

  const ask = (question: string) => {
    if (isBusy) return
    dispatch({ type: 'asked', at: now(), question })
    open.current = new EventSource(chatAddress(question))
    listenToAnswer(open.current, now, tell(turns.length + 1))
  }

  const stop = () => {
    if (!newest || !isBusy) return
    const { streamId, isStopping } = newest.answer
    const report = tell(newest.number)
    if (streamId === undefined || isStopping) {
      open.current?.close()
      report({ type: 'left', at: now() })
      return
    }
    report({ type: 'stop-asked' })
    // The answer then ends with its own `done` frame, so the EventSource stays open.
    fetch(streamAddress(streamId), { method: 'DELETE' }).then(
      (response) => {
        if (!response.ok) report({ type: 'stop-refused', detail: `HTTP ${response.status}` })
      },
      () => report({ type: 'stop-refused', detail: 'the server cannot be reached' }),
    )
  }

  return { turns, isBusy, ask, stop }
}
