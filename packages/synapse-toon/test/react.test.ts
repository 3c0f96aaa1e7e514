import type { Page } from 'playwright-core'
import type { Source } from 'synapse-toon'
import { StreamCancelledError } from 'synapse-toon'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sharedChromium } from './chromium.ts'
import { drivenSource, reactSite, sharedReactPage } from './react-kit.ts'
import type { PageConfig } from './react-page.ts'
import { until } from './test-server.ts'

const browser = sharedChromium()
const bundle = sharedReactPage()

async function openPage(source: Source<unknown>, config: PageConfig) {
  const site = await reactSite(bundle, source)
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(site.address(config))
  return { ...site, page, errors }
}

const status = (page: Page, name: string) =>
  page.waitForSelector(`#answer[data-status=${name}]`, { timeout: 10_000 })
const textOf = (page: Page) => page.textContent('#text')
const shown = (page: Page, text: string) =>
  page.waitForFunction(`document.querySelector('#text').textContent === ${JSON.stringify(text)}`)
const count = (page: Page, name: 'commits' | 'frames') => page.evaluate(name) as Promise<number>

describe('useSynapseStream, in Chromium', () => {
  it('under StrictMode asks once, loses nothing, and shows the answer as it comes', async () => {
    const { source, state, say, end } = drivenSource()
    const { page, asked, errors } = await openPage(source, {
      url: '/chat',
      options: { autoStart: true, body: { message: 'hi' } },
      strict: true,
    })
    say('Hel')
    await shown(page, 'Hel')
    await status(page, 'open')
    say('lo ', 'wörld 🌍')
    end()
    await status(page, 'complete')
    expect(await textOf(page)).toBe('Hello wörld 🌍')
    expect(await page.textContent('#events')).toBe('3')
    expect(asked).toEqual(['POST /chat'])
    expect(state.runs).toBe(1)
    expect(errors).toEqual([])
  })

  it('renders 2,000 tokens of one burst in as few pictures as the browser draws', async () => {
    const { source, say, end } = drivenSource()
    const { page } = await openPage(source, { url: '/chat', options: { autoStart: true } })
    say('first')
    await shown(page, 'first')
    const [commits, frames] = [await count(page, 'commits'), await count(page, 'frames')]
    say(...Array.from({ length: 2000 }, (_, n) => ` ${n}`))
    end()
    await status(page, 'complete')
    const rendered = (await count(page, 'commits')) - commits
    const drawn = (await count(page, 'frames')) - frames
    expect(await page.textContent('#events')).toBe('2001')
    expect((await textOf(page))!.split(' ')).toHaveLength(2001)
    // Each render is that of a picture; the wire brings the burst within a few of them.
    expect(rendered).toBeLessThanOrEqual(drawn + 1)
    expect(rendered).toBeLessThan(100)
  })

  it('goes on after a reload in mid-stream: nothing lost or doubled, the source asked once', async () => {
    const { source, state, say, end } = drivenSource()
    const { page, asked } = await openPage(source, {
      url: '/chat',
      options: { autoStart: true, storageKey: 'answer', body: { message: 'hi' } },
      strict: true,
    })
    say('one ', 'two ')
    await shown(page, 'one two ')
    await page.reload()
    say('three ')
    await shown(page, 'one two three ')
    await page.reload()
    say('four')
    end()
    await status(page, 'complete')
    expect(await textOf(page)).toBe('one two three four')
    expect(asked).toEqual(['POST /chat', 'GET /streams', 'GET /streams'])

    await page.reload()
    await status(page, 'complete')
    expect(await textOf(page)).toBe('one two three four')
    expect(asked).toHaveLength(3)
    expect(state.runs).toBe(1)
  })

  it('goes on when the line breaks', async () => {
    const { source, state, say, end } = drivenSource()
    const { page, asked, open, cut } = await openPage(source, {
      url: '/chat',
      options: { autoStart: true, body: {} },
    })
    say('one ')
    await shown(page, 'one ')
    cut()
    await until(() => asked.length === 2 && open.size === 1, 'the page has come back')
    say('two')
    end()
    await status(page, 'complete')
    expect(await textOf(page)).toBe('one two')
    expect(asked).toEqual(['POST /chat', 'GET /streams'])
    expect(state.runs).toBe(1)
  })

  it('stop() ends the answer on the server, and it is shown as cancelled', async () => {
    const { source, state, say } = drivenSource()
    const { page, asked } = await openPage(source, { url: '/chat', options: { body: {} } })
    await status(page, 'idle')
    expect(asked).toEqual([])
    await page.click('#start')
    say('half')
    await shown(page, 'half')
    await page.click('#stop')
    await status(page, 'cancelled')
    expect(await textOf(page)).toBe('half')
    expect(state.reason).toBeInstanceOf(StreamCancelledError)
    expect(asked).toEqual(['POST /chat', 'DELETE /streams'])
  })

  it('frees the line when the component goes, and does not stop the answer', async () => {
    const { source, state, say } = drivenSource()
    const { page, asked, open } = await openPage(source, {
      url: '/chat',
      options: { autoStart: true, body: {} },
      strict: true,
    })
    say('half')
    await shown(page, 'half')
    expect(open.size).toBe(1)
    await page.click('#toggle')
    await until(() => open.size === 0, 'the line is free')
    expect(state.reason).toBeUndefined()
    expect(asked).toEqual(['POST /chat'])
  })

  it('frees the line while <Activity> hides it, and then goes on after the last event', async () => {
    const { source, state, say, end } = drivenSource()
    const { page, asked, open } = await openPage(source, {
      url: '/chat',
      options: { autoStart: true, body: {} },
      strict: true,
    })
    say('one ')
    await shown(page, 'one ')
    await page.click('#hide')
    await until(() => open.size === 0, 'the line is free')
    say('two ')
    await page.click('#hide')
    await shown(page, 'one two ')
    say('three')
    end()
    await status(page, 'complete')
    expect(await textOf(page)).toBe('one two three')
    expect(asked).toEqual(['POST /chat', 'GET /streams'])
    expect(state.runs).toBe(1)
  })

  it('goes on with an answer where another component with its storageKey has left it', async () => {
    const { source, state, say, end } = drivenSource()
    const { page, open } = await openPage(source, {
      url: '/chat',
      options: { autoStart: true, body: {}, storageKey: 'answer' },
      strict: true,
    })
    say('one ')
    await shown(page, 'one ')
    await page.click('#toggle')
    await until(() => open.size === 0, 'the line is free')
    say('two')
    await page.click('#toggle')
    await shown(page, 'one two')
    end()
    await status(page, 'complete')
    expect(state.runs).toBe(1)
  })

  it('shows an error of the server before the answer, and asks again when it is told to', async () => {
    let runs = 0
    const source = async function* () {
      if (++runs === 1) throw new Error('secret')
      yield { delta: 'fine' }
    }
    const { page } = await openPage(source, {
      url: '/chat',
      options: { autoStart: true, body: {} },
    })
    await status(page, 'error')
    expect(await page.textContent('#error')).toContain('ERR_SYNAPSE_HTTP_STATUS status 500')
    await page.click('#start')
    await status(page, 'complete')
    expect(await textOf(page)).toBe('fine')
    expect((await page.textContent('#error'))!.trim()).toBe('')
  })

  it('shows an error in the middle, beside the text so far', async () => {
    const source = async function* () {
      yield { delta: 'half' }
      throw new Error('secret')
    }
    const { page, errors } = await openPage(source, { url: '/chat', options: { autoStart: true } })
    await status(page, 'error')
    expect(await textOf(page)).toBe('half')
    expect(await page.textContent('#error')).toContain('ERR_SYNAPSE_STREAM_FAILED')
    expect(errors).toEqual([])
  })
})
