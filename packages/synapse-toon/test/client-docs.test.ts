import { readFile } from 'node:fs/promises'
import { createSynapseToon } from 'synapse-toon'
import * as client from 'synapse-toon/client'
import { createScriptedSource } from 'synapse-toon/testing'
import ts from 'typescript'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { sharedChromium } from './chromium.ts'
import { reactSite, sharedReactPage } from './react-kit.ts'
import { listen } from './test-server.ts'

const ROOT = new URL('../../../', import.meta.url)
const page = await readFile(new URL('docs/client.md', ROOT), 'utf8')

/** The first code of a language under a heading that contains a text, as a reader would copy it. */
function snippet(language: string, containing: string): string {
  const blocks = [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))]
  const code = blocks.map(([, text]) => text!).find((text) => text.includes(containing))
  expect(code, containing).toBeDefined()
  return code!
}

/** As JavaScript that takes its imports from around it. */
function runnable(code: string): string {
  const withoutImports = code.replaceAll(/^import .*\n/gm, '').replaceAll(/^export /gm, '')
  const { outputText } = ts.transpileModule(withoutImports, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, jsx: ts.JsxEmit.React },
    fileName: 'snippet.tsx',
  })
  return outputText.replace(/^"use strict";\n/, '')
}

/** Runs code of the page; `names` are what it takes from around it. */
async function run(code: string, names: Record<string, unknown>, result = 'undefined') {
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const body = `${runnable(code)}\nreturn ${result}`
  return AsyncFunction(...Object.keys(names), body)(...Object.values(names))
}

/** A server whose streams say `Hello`, or what they are told; with what it is asked. */
async function chat(
  script = createScriptedSource([{ yield: { delta: 'Hel' } }, { yield: { delta: 'lo' } }]),
) {
  const toon = createSynapseToon()
  const asked: unknown[] = []
  const { url } = await listen(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    asked.push([req.method, req.headers.authorization, body])
    return toon.pipe(script.source, { req, res })
  })
  const { openStream } = client
  const opening: typeof openStream = (to, options) => openStream(new URL(to, url), options)
  return { url, asked, openStream: opening }
}

/** The rows of the table under a heading: what stands in backticks in the first column. */
function rowsUnder(heading: string): string[] {
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`))!
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!)
}

/** Names of the fields of an interface of ours, from its source: types are not there at run time. */
async function fieldsIn(file: string, name: string): Promise<string[]> {
  const source = await readFile(new URL(`packages/synapse-toon/src/client/${file}`, ROOT), 'utf8')
  const [, body] = new RegExp(`interface ${name}\\b.*?\\{\\n(.*?)\\n\\}`, 's').exec(source)!
  return [...body!.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field!)
}

describe('docs/client.md, on openStream', () => {
  it('shows a loop that gives the answer', async () => {
    const { asked, openStream } = await chat()
    const text = await run(snippet('ts', "let text = ''"), { openStream, message: 'hi' }, 'text')
    expect(text).toBe('Hello')
    expect(asked).toEqual([['POST', undefined, '{"message":"hi"}']])
  })

  it('shows headers that are asked for, and payloads that are checked', async () => {
    const { asked, openStream } = await chat()
    const shown: string[] = []
    const show = (text: string) => shown.push(text)
    await run(snippet('ts', 'schema'), {
      openStream,
      z,
      token: async () => 'key',
      show,
      message: 'hi',
    })
    expect(shown).toEqual(['Hel', 'lo'])
    expect(asked).toEqual([['POST', 'Bearer key', '{"message":"hi"}']])
  })

  it('shows what to do with a stream that is gone, and with half an answer', async () => {
    const shown: string[] = []
    const show = (text: string) => shown.push(text)
    const { GoneError, TruncatedStreamError } = client
    const code = snippet('ts', 'catch (error)')
    const { url } = await chat()
    const lastEventId = '5f0c7a52-91d3-8e14-b0a6-000000000001'
    await run(code, { ...client, GoneError, TruncatedStreamError, url, lastEventId, show })
    expect(shown).toEqual(['This answer is no longer there.'])

    const { url: cutting } = await listen((_, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.end('data: {"delta":"half"}\n\n')
    })
    const openStream: typeof client.openStream = (to, options) =>
      client.openStream(to, { ...options, method: 'POST', terminal: 'END' })
    await run(code, { ...client, openStream, url: cutting, lastEventId: undefined, show })
    expect(shown.slice(1)).toEqual(['half', 'Only half of it: half'])
  })

  it('lists every option', async () => {
    const options = await fieldsIn('open-stream-options.ts', 'OpenStreamOptions')
    const nested = {
      timeouts: await fieldsIn('open-stream-options.ts', 'ReadTimeouts'),
      reconnect: await fieldsIn('backoff.ts', 'ReconnectOptions'),
    }
    const wanted = options.flatMap((name) => {
      const fields = nested[name as keyof typeof nested]
      return fields === undefined ? [name] : fields.map((field) => `${name}.${field}`)
    })
    expect(wanted.length).toBeGreaterThan(15)
    expect(rowsUnder('Options').sort()).toEqual(wanted.sort())
  })

  it('lists what a stream has', async () => {
    const stream = client.openStream('http://127.0.0.1:1/')
    stream.close()
    expect(
      rowsUnder('The stream')
        .map((row) => row.replace('()', ''))
        .sort(),
    ).toEqual(Object.keys(stream).sort())
  })

  it('lists every error with its code', () => {
    const errors = [
      new client.ConnectError(''),
      new client.HttpStatusError(500, ''),
      new client.GoneError(''),
      new client.ContentTypeError('', ''),
      new client.IdleTimeoutError('line', 1),
      new client.TruncatedStreamError(''),
      new client.StreamFailedError('', { reason: '', retryable: false }),
      new client.ProtocolError(''),
      new client.StreamPayloadError('', ''),
    ]
    const exported = Object.values(client).filter(
      (value) => typeof value === 'function' && value.prototype instanceof client.StreamError,
    )
    expect(errors.map((error) => error.constructor)).toEqual(expect.arrayContaining(exported))
    expect(rowsUnder('Errors')).toEqual(errors.map(({ name }) => name))
    for (const { name, code } of errors) expect(page).toContain(`| \`${name}\` | \`${code}\` |`)
  })
})

describe('docs/client.md, on EventSource', () => {
  it('shows one that sends headers and closes at the end', async () => {
    const { asked, url } = await chat()
    const shown: string[] = []
    const done = new Promise<void>((resolve) => {
      class Watched extends client.EventSource {
        override close(): void {
          super.close()
          resolve()
        }
      }
      void run(snippet('ts', 'new EventSource'), {
        EventSource: Watched,
        url,
        key: 'key',
        show: (text: string) => shown.push(text),
      })
    })
    await done
    expect(shown).toEqual(['Hel', 'lo'])
    expect(asked).toEqual([['GET', 'Bearer key', '']])
  })
})

describe('docs/client.md, on React', () => {
  const browser = sharedChromium()
  const bundle = sharedReactPage()

  /** Puts code of the page into a browser, as the component that `name` is. */
  async function mounted(
    code: string,
    name: string,
    props: object,
    site: Awaited<ReturnType<typeof reactSite>>,
  ) {
    const tab = await browser.newPage()
    onTestFinished(() => tab.close())
    await tab.goto(new URL('/', site.address({ url: '' })).href)
    await tab.waitForFunction('globalThis.root')
    await tab.evaluate(
      `(() => {
        ${runnable(code)}
        root.render(React.createElement(${name}, ${JSON.stringify(props)}))
      })()`,
    )
    return tab
  }

  it('shows a component that asks, shows the answer, and stops it', async () => {
    const script = createScriptedSource([{ yield: { delta: 'Hel' } }, { hang: true }])
    const site = await reactSite(bundle, script.source)
    const tab = await mounted(snippet('jsx', 'useSynapseStream'), 'Chat', { message: 'hi' }, site)
    await tab.getByText('Ask').click()
    await tab.getByText('Hel', { exact: true }).waitFor()
    await tab.getByText('Stop').click()
    await tab.getByText('Ask').waitFor()
    expect(site.asked).toEqual(['POST /chat', 'DELETE /streams'])
    expect(await tab.evaluate('Object.keys(sessionStorage)')).toEqual(['answer to hi'])
  })

  it('shows how to choose the text of other payloads', async () => {
    const { url } = await listen((req, res) => {
      res.setHeader('Access-Control-Allow-Origin', '*')
      res.setHeader('Access-Control-Allow-Headers', '*')
      if (req.method === 'OPTIONS') return res.end()
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      const choices = [{ index: 0, delta: { content: 'Hello' }, finish_reason: 'stop' }]
      res.end(`data: ${JSON.stringify({ choices })}\n\ndata: [DONE]\n\n`)
    })
    const site = await reactSite(bundle, [])
    const code = snippet('js', 'select')
      .replace("'/openai'", JSON.stringify(url))
      .replace('body, select', 'body, select, autoStart: true')
    const component = `function Openai({ body }) {\n${code}\nreturn text\n}`
    const tab = await mounted(component, 'Openai', { body: {} }, site)
    await tab.getByText('Hello').waitFor()
  })

  it('lists every option, and all that it gives', async () => {
    const options = await fieldsIn('react/stream-view.ts', 'UseSynapseStreamOptions')
    const given = [
      ...(await fieldsIn('react/stream-view.ts', 'StreamView')),
      ...(await fieldsIn('react/stream-view.ts', 'SynapseStream')),
    ]
    expect(given).toContain('resume')
    expect(
      rowsUnder('React')
        .map((row) => row.replace(/\(.*\)/, ''))
        .sort(),
    ).toEqual([...options, ...given].sort())
  })
})
