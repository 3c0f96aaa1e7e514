import { describe, expect, it } from 'vitest'
import { MAX_MESSAGE_BYTES, readChatBody, readChatQuery } from './chat-request.ts'
import { RequestError } from './request-error.ts'

function problem(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    expect(error.statusCode).toBe(400)
    return error.message
  }
  throw new Error('nothing was refused')
}

describe('a question', () => {
  it('is a conversation of one message', () => {
    const expected = [{ role: 'user', content: 'Hello' }]
    expect(readChatQuery({ message: 'Hello', encoding: 'toon' })).toEqual(expected)
    expect(readChatBody({ message: 'Hello' })).toEqual(expected)
  })

  it('may be a whole conversation', () => {
    const messages = [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Bye' },
    ]
    expect(readChatBody({ messages })).toEqual(messages)
  })

  it('may be as long as the limit in bytes of UTF-8, and no longer', () => {
    const longest = 'é'.repeat(MAX_MESSAGE_BYTES / 2)
    expect(readChatBody({ message: longest })).toHaveLength(1)
    const text = problem(() => readChatQuery({ message: `${longest}!` }))
    expect(text).toContain('message must be at most 32768 bytes of UTF-8')
    expect(text).toContain('this one has 32769: shorten it')
  })
})

describe('a question that cannot be answered', () => {
  it.each([
    [{}, 'message must be text that is not empty, got nothing'],
    [{ message: '' }, 'message must be text that is not empty, got ""'],
    [{ message: ' \n' }, 'message must be text that is not empty'],
    [{ message: ['a', 'b'] }, 'message must be text that is not empty, got ["a","b"]'],
  ])('in the address names the parameter, its value and the cure: %j', (query, text) => {
    const said = problem(() => readChatQuery(query))
    expect(said).toContain(text)
    expect(said).toContain('ask /chat/stream?message=<your question>')
  })

  const user = { role: 'user', content: 'Hello' }
  it.each<[unknown, string]>([
    [null, 'body must be a JSON object, got null'],
    ['Hello', 'body must be a JSON object, got "Hello"'],
    [[user], 'body must be a JSON object'],
    [{}, 'body must have either message or messages'],
    [{ message: 'a', messages: [user] }, 'body must have either message or messages'],
    [{ mesage: 'a' }, 'body must not have "mesage"'],
    [{ message: 7 }, 'message must be text that is not empty, got 7'],
    [{ messages: 'Hello' }, 'messages must be a list of { role, content }, got "Hello"'],
    [{ messages: [] }, 'messages must have at least one message'],
    [{ messages: [user, 'a'] }, 'messages[1] must be an object { role, content }, got "a"'],
    [{ messages: [{ ...user, role: 'robot' }] }, 'messages[0].role must be one of system,'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content must be text that is not empty'],
    [{ messages: [{ ...user, name: 'x' }] }, 'messages[0] must not have "name"'],
    [
      { messages: [{ role: 'system', content: 'a' }] },
      'messages must have a message of the role user',
    ],
    [{ messages: Array(501).fill(user) }, 'messages must have at most 500 messages'],
  ])('in a body names the field, its value and the cure: %j', (body, text) => {
    const said = problem(() => readChatBody(body))
    expect(said).toContain(text)
    expect(said).toContain('; send { "message": "…" }')
  })
})
