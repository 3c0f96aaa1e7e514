import { describe, expect, it } from 'vitest'
import type { AnswerAction } from './answer-state.ts'
import { type AnswerSource, listenToAnswer } from './listen.ts'

class FakeSource extends EventTarget {
  readonly CLOSED = 2
  readyState = 1
  close() {
    this.readyState = this.CLOSED
  }
}

function listening() {
  const source = new FakeSource()
  const actions: AnswerAction[] = []
  listenToAnswer(
    source as unknown as AnswerSource,
    () => 7,
    (action) => actions.push(action),
  )
  const frame = (type: string, data: string) =>
    source.dispatchEvent(new MessageEvent(type, { data, lastEventId: 'id-1' }))
  return { source, actions, frame }
}

describe('listenToAnswer', () => {
  it('tells an error frame from a broken line by its data', () => {
    const { source, actions, frame } = listening()
    source.readyState = 0
    source.dispatchEvent(new Event('error'))
    frame('error', '{"code":"deadline","message":"m","retryable":false}')
    expect(actions).toEqual([
      { type: 'line-broke', at: 7 },
      {
        type: 'failed',
        at: 7,
        id: 'id-1',
        failure: { code: 'deadline', message: 'm', retryable: false },
      },
    ])
  })

  it('tells a line the browser gave up from one it will try again', () => {
    const { source, actions } = listening()
    source.close()
    source.dispatchEvent(new Event('error'))
    expect(actions).toEqual([{ type: 'line-closed', at: 7 }])
  })

  it.each(['done', 'error'])(
    'closes after a terminal %s frame, since the browser would not',
    (type) => {
      const { source, frame } = listening()
      frame('update', '{"delta":"a"}')
      expect(source.readyState).toBe(1)
      frame(type, '{}')
      expect(source.readyState).toBe(source.CLOSED)
    },
  )

  it('hands on payloads and gaps, and names frames it cannot read', () => {
    const { actions, frame } = listening()
    frame('update', '{"delta":"a"}')
    frame('update', 'nonsense')
    frame('gap', '{"from":2,"to":3}')
    frame('gap', '{}')
    expect(actions.map((action) => action.type)).toEqual([
      'update',
      'unreadable',
      'gap',
      'unreadable',
    ])
  })
})
