import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SettingError } from '../../setting-error.ts'
import { sourceContext, tempFolder } from '../../test-kit.ts'
import type { ChatMessage, Payload } from '../source.ts'
import { INTRODUCTION } from './answer.ts'
import { createAssistantSource } from './assistant.ts'
import { wordCount } from './quote.ts'

const DOCS = {
  'deployment.md': `# Deployment

## nginx

nginx keeps an answer back until it is complete, unless \`proxy_buffering\` is off.

\`\`\`nginx
proxy_buffering off;
\`\`\`

## Docker

The image listens on port 8787.
`,
  'protocol.md': `# Protocol

## Resume

A client that lost its line sends \`Last-Event-ID\`. ${'It then gets all that it missed. '.repeat(30)}

## Ends

A stream ends with one frame, behind nginx too.
`,
  'ignored.txt': 'nginx nginx nginx',
}

async function ask(question: string, docs = tempFolder(DOCS), before: ChatMessage[] = []) {
  const source = await createAssistantSource({ docs, intervalMs: 0 })
  const messages = [...before, { role: 'user' as const, content: question }]
  const payloads: Payload[] = []
  for await (const one of source.open(messages, sourceContext()) as AsyncIterable<Payload>) {
    payloads.push(source.transform(one)!)
  }
  return { source, payloads, text: payloads.map(({ delta }) => delta).join('') }
}

describe('the documentation assistant', () => {
  it('says first that it is no language model, then quotes with file and heading', async () => {
    const { text } = await ask('How do I configure nginx?')
    expect(text.startsWith(`${INTRODUCTION}\n\nFrom \`deployment.md\`, "nginx":\n\n`)).toBe(true)
    expect(text).toContain('nginx keeps an answer back until it is complete')
    expect(text).toContain('```nginx\nproxy_buffering off;\n```')
    expect(text).not.toContain('Docker')
  })

  it('quotes the best sections, each under its own name', async () => {
    const { text } = await ask('Does nginx work with Docker?')
    expect(text.match(/From `.+`, ".+":/g)).toEqual([
      'From `deployment.md`, "nginx":',
      'From `deployment.md`, "Docker":',
    ])
  })

  it('finds a word in another form', async () => {
    expect((await ask('resuming after a lost connection')).text).toContain('"Resume"')
  })

  it('keeps a long section short', async () => {
    const { text } = await ask('resume')
    expect(text).toContain('…')
    expect(wordCount(text)).toBeLessThan(180)
  })

  it('sends word by word and ends with a finish_reason', async () => {
    const { payloads, text } = await ask('nginx')
    expect(payloads.at(-1)).toEqual({ delta: '', finish_reason: 'stop' })
    expect(payloads.length).toBe(wordCount(text) + 1)
  })

  it('answers the last question of a conversation, and the same question the same', async () => {
    const docs = tempFolder(DOCS)
    const before: ChatMessage[] = [
      { role: 'user', content: 'Docker?' },
      { role: 'assistant', content: 'Port 8787.' },
    ]
    const first = await ask('nginx', docs)
    expect((await ask('nginx', docs, before)).text).toBe(first.text)
  })

  it.each([
    'Wie spät ist es?',
    'how do I',
    '?!',
    'the tallest mountain of nginx and other continents',
  ])('says that it found nothing for %j, and what it has', async (question) => {
    const { text } = await ask(question)
    expect(text).toBe(
      `${INTRODUCTION}\n\nNothing in it matches your question. It has something on:\n\n- Deployment (\`deployment.md\`)\n- Protocol (\`protocol.md\`)`,
    )
  })

  it('says what it is in its note', async () => {
    const { source } = await ask('nginx')
    expect(source).toMatchObject({
      kind: 'assistant',
      note: 'Not a language model: it quotes 2 files of documentation.',
    })
  })

  it.each([
    ['cannot be read', 'missing'],
    ['holds no Markdown files with text', ''],
  ])('refuses a folder that %s', async (why, name) => {
    const docs = join(tempFolder({ 'empty.md': '# Title only\n' }), name)
    const failed = createAssistantSource({ docs, intervalMs: 0 })
    await expect(failed).rejects.toThrow(SettingError)
    await expect(failed).rejects.toThrow(why)
  })

  it('runs without the documentation that the build puts there', async () => {
    const source = await createAssistantSource({ intervalMs: 0 })
    expect(source.kind).toBe('assistant')
  })
})
