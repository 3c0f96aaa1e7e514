import { describe, expect, it } from 'vitest'
import { type Answer, type AnswerAction, answerReducer, newAnswer } from './answer-state.ts'
import { noteText } from './note-text.ts'

const STREAM = '5f0c7a52-91d3-8e14-b0a6'
const id = (position: number, stream = STREAM) =>
  `${stream}-${position.toString(16).padStart(12, '0')}`

const update = (position: number, delta: string, at = position * 10): AnswerAction => ({
  type: 'update',
  at,
  id: id(position),
  payload: { delta, reasoning: '', index: 0 },
})
const done = (position: number, at = position * 10): AnswerAction => ({
  type: 'done',
  at,
  id: id(position),
  done: { reason: 'complete' },
})
const after = (...actions: AnswerAction[]): Answer => actions.reduce(answerReducer, newAnswer(0))
const textOf = (answer: Answer) =>
  answer.parts
    .map((part) => (part.kind === 'text' ? part.text : `<${part.from}-${part.to}>`))
    .join('')
const timeline = (answer: Answer) => answer.notes.map(noteText)

describe('an answer', () => {
  it('is the deltas in order, and complete after its done frame', () => {
    const answer = after({ type: 'opened' }, update(1, 'Hel'), update(2, 'lo'), done(3))
    expect(textOf(answer)).toBe('Hello')
    expect(answer).toMatchObject({
      phase: 'ended',
      end: { kind: 'complete' },
      streamId: STREAM,
      events: 2,
      firstTokenAt: 10,
      lastEventAt: 20,
      endedAt: 30,
    })
    expect(answer.notes).toEqual([])
  })

  it('has its first token when text or reasoning comes, not with an empty delta', () => {
    const thought: AnswerAction = {
      type: 'update',
      at: 25,
      id: id(2),
      payload: { delta: '', reasoning: 'Hm', index: 0 },
    }
    const answer = after(update(1, ''), thought, update(3, 'Yes'))
    expect(answer.firstEventAt).toBe(10)
    expect(answer.firstTokenAt).toBe(25)
    expect(answer.reasoning).toBe('Hm')
  })

  it('leaves out other choices, and still knows their positions', () => {
    const other: AnswerAction = {
      type: 'update',
      at: 20,
      id: id(2),
      payload: { delta: 'another', reasoning: '', index: 1 },
    }
    const answer = after(update(1, 'a'), other, { type: 'line-broke', at: 30 }, update(3, 'b', 40))
    expect(textOf(answer)).toBe('ab')
    expect(timeline(answer)[1]).toContain('nothing lost')
  })

  it('keeps the last usage, and the one of the done frame before all', () => {
    const answer = after(
      {
        type: 'update',
        at: 1,
        id: id(1),
        payload: { delta: 'a', reasoning: '', index: 0, usage: { output: 1 } },
      },
      { type: 'done', at: 2, id: id(2), done: { reason: 'complete', usage: { output: 9 } } },
    )
    expect(answer.usage).toEqual({ output: 9 })
  })

  it('changes no more after its end', () => {
    const answer = after(update(1, 'a'), done(2))
    for (const late of [update(3, 'b'), done(4), { type: 'line-closed', at: 99 } as const]) {
      expect(answerReducer(answer, late)).toBe(answer)
    }
  })

  it('takes a jump on an unbroken line for merged events, not for a loss', () => {
    const answer = after(update(1, 'a'), update(5, 'bcde'))
    expect(textOf(answer)).toBe('abcde')
    expect(answer.notes).toEqual([])
  })
})

describe('a broken line', () => {
  const broken = [update(1, 'a'), update(2, 'b'), { type: 'line-broke', at: 1_000 } as const]

  it('that resumes at the next event lost nothing', () => {
    const answer = after(...broken, { type: 'opened' }, update(3, 'c', 4_100))
    expect(textOf(answer)).toBe('abc')
    expect(answer.phase).toBe('streaming')
    expect(timeline(answer)).toEqual([
      'line broke after event 2 - reconnecting',
      'resumed at event 3 after 3.1 s, nothing lost',
    ])
  })

  it('that resumes further on says what is missing, also in the text', () => {
    const answer = after(...broken, update(6, 'f', 2_000), update(7, 'g', 2_010))
    expect(textOf(answer)).toBe('ab<3-5>fg')
    expect(timeline(answer)[1]).toBe('resumed at event 6 after 1.0 s, events 3 to 5 missing')
  })

  it('counts the attempts in one line of the timeline', () => {
    const answer = after(
      ...broken,
      { type: 'line-broke', at: 4_000 },
      { type: 'line-broke', at: 7_000 },
    )
    expect(timeline(answer)).toEqual(['line broke after event 2 - reconnecting (attempt 3)'])
    expect(timeline(answerReducer(answer, update(3, 'c', 7_500)))[1]).toContain('after 6.5 s')
  })

  it('is still broken while the connection is open again and silent', () => {
    const answer = after(...broken, { type: 'opened' })
    expect(answer.phase).toBe('reconnecting')
    expect(answer.broken?.isOpenAgain).toBe(true)
  })

  it('ignores events that are sent again, and says so', () => {
    const answer = after(
      ...broken,
      update(1, 'a', 2_000),
      update(2, 'b', 2_000),
      update(3, 'c', 2_000),
    )
    expect(textOf(answer)).toBe('abc')
    expect(answer.events).toBe(3)
    expect(timeline(answer)[1]).toBe(
      'resumed at event 3 after 1.0 s, nothing lost, 2 sent again and ignored',
    )
  })

  it('may resume with the end alone', () => {
    const answer = after(...broken, done(3, 1_500))
    expect(timeline(answer)[1]).toBe('resumed at event 3 after 0.5 s, nothing lost')
    expect(answer.end).toEqual({ kind: 'complete' })
  })

  it('names a gap frame of the replay once, in the line that says resumed', () => {
    const gap: AnswerAction = { type: 'gap', lost: { from: 3, to: 5 } }
    const answer = after(...broken, gap, update(6, 'f', 2_000))
    expect(textOf(answer)).toBe('ab<3-5>f')
    expect(timeline(answer)).toHaveLength(2)
    expect(timeline(answer)[1]).toContain('events 3 to 5 missing')
  })

  it('before the first event is a start, not a resume', () => {
    const answer = after({ type: 'line-broke', at: 100 }, update(1, 'a', 3_100))
    expect(timeline(answer)).toEqual([
      'line broke before the first event - reconnecting',
      'started at event 1 after 3.0 s, nothing lost',
    ])
  })

  it('claims nothing when the ids carry no position', () => {
    const plain = (at: number): AnswerAction => ({
      type: 'update',
      at,
      id: 'x',
      payload: { delta: 'a', reasoning: '', index: 0 },
    })
    const answer = after(plain(1), { type: 'line-broke', at: 2 }, plain(1_002))
    expect(timeline(answer)[1]).toContain('a loss would not be seen')
  })

  it('that comes back as another stream drops the old text and says so', () => {
    const other: AnswerAction = {
      type: 'update',
      at: 2_000,
      id: id(1, 'aaaaaaaa-91d3-8e14-b0a6'),
      payload: { delta: 'new', reasoning: '', index: 0 },
    }
    const answer = after(...broken, other)
    expect(textOf(answer)).toBe('new')
    expect(answer.streamId).toBe('aaaaaaaa-91d3-8e14-b0a6')
    expect(timeline(answer)[1]).toContain('a different answer')
  })

  it('that the browser gives up is a failed connection', () => {
    const answer = after(...broken, { type: 'line-closed', at: 5_000 })
    expect(answer.end).toEqual({ kind: 'disconnected' })
  })
})

describe('a loss, an error, a stop', () => {
  it('a gap frame on an unbroken line is a line of the timeline and a mark in the text', () => {
    const answer = after(update(1, 'a'), { type: 'gap', lost: { from: 2, to: 2 } }, update(3, 'c'))
    expect(textOf(answer)).toBe('a<2-2>c')
    expect(timeline(answer)).toEqual(['event 2 lost: the server no longer had it'])
  })

  it('a frame that cannot be read is left out and named', () => {
    const answer = after(update(1, 'a'), { type: 'unreadable', at: 20, id: id(2), event: 'update' })
    expect(textOf(answer)).toBe('a')
    expect(timeline(answer)).toEqual([
      'the update frame at event 2 could not be read and is left out',
    ])
  })

  it('an error frame keeps code, text and whether a retry helps', () => {
    const failure = { code: 'idle-timeout', message: 'Too slow', retryable: true }
    const answer = after(update(1, 'a'), { type: 'failed', at: 20, id: id(2), failure })
    expect(answer.end).toEqual({ kind: 'failed', ...failure })
    expect(textOf(answer)).toBe('a')
  })

  it('a stop waits for the done frame, and takes the text that still comes', () => {
    const stopping = after(update(1, 'a'), { type: 'stop-asked' }, update(2, 'b'))
    expect(stopping).toMatchObject({ isStopping: true, phase: 'streaming' })
    const stopped = answerReducer(stopping, {
      type: 'done',
      at: 30,
      id: id(3),
      done: { reason: 'cancelled' },
    })
    expect(stopped).toMatchObject({ end: { kind: 'cancelled' }, isStopping: false })
  })

  it('a stop that the server refuses leaves the answer running', () => {
    const answer = after(
      update(1, 'a'),
      { type: 'stop-asked' },
      { type: 'stop-refused', detail: 'HTTP 500' },
    )
    expect(answer.phase).toBe('streaming')
    expect(timeline(answer)[0]).toContain('HTTP 500')
    expect(answerReducer(answer, { type: 'left', at: 20 }).end).toEqual({ kind: 'left' })
  })
})
