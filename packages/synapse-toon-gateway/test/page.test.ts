import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
// The one thing that tests of both packages share: how to start Debian's Chromium.
import { sharedChromium } from '../../synapse-toon/test/chromium.ts'
import { createGateway } from '../src/create-gateway.ts'

const browser = sharedChromium()

async function openPage(intervalMs: number) {
  const gateway = await createGateway({ port: 0, intervalMs, logLevel: 'silent' })
  const url = await gateway.listen()
  onTestFinished(() => gateway.close({ drain: 0 }))
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  await page.goto(url)
  return { gateway, page }
}

async function ask(page: Page, message: string): Promise<void> {
  await page.getByTestId('message').fill(message)
  await page.getByTestId('send').click()
}

const phase = (page: Page, name: string) =>
  page.waitForSelector(`[data-testid=status][data-phase=${name}]`, { timeout: 15_000 })

describe('the page, in Chromium', () => {
  it('shows an answer as it comes, with time to first token, and what answers', async () => {
    const { page } = await openPage(15)
    await page
      .getByTestId('source-note')
      .getByText(/not a language model/i)
      .waitFor()
    await ask(page, 'how do I resume')
    await phase(page, 'streaming')
    await page.waitForFunction(
      "document.querySelector('[data-testid=answer]').textContent.length > 20",
    )
    const early = (await page.getByTestId('answer').textContent())!
    await phase(page, 'complete')
    const whole = (await page.getByTestId('answer').textContent())!
    expect(whole.length).toBeGreaterThan(early.length)
    expect(whole.startsWith(early.trimEnd().slice(0, 20))).toBe(true)
    expect(await page.getByTestId('stats').textContent()).toMatch(/first token.*ms/i)
  })

  it('goes on where it was when the line breaks, loses nothing, and says so', async () => {
    const { gateway, page } = await openPage(40)
    await ask(page, 'what headers are sent')
    await page.waitForFunction(
      "document.querySelector('[data-testid=answer]').textContent.length > 40",
    )
    gateway.app.server.closeAllConnections()
    await phase(page, 'complete')
    const timeline = await page.getByTestId('timeline').textContent()
    expect(timeline).toMatch(/line broke after event \d+/)
    expect(timeline).toMatch(/resumed at event \d+ after .* s, nothing lost/)

    // The same question again, without a break: the same answer.
    const broken = await page.getByTestId('answer').last().textContent()
    await ask(page, 'what headers are sent')
    await phase(page, 'streaming')
    await phase(page, 'complete')
    expect(await page.getByTestId('answer').last().textContent()).toBe(broken)
  })

  it('stops an answer on the server, not only on the screen', async () => {
    const { page } = await openPage(60)
    const deleted = page.waitForResponse((response) => response.request().method() === 'DELETE')
    await ask(page, 'what happens when the client disconnects')
    await page.waitForFunction(
      "document.querySelector('[data-testid=answer]').textContent.length > 10",
    )
    await page.getByTestId('stop').click()
    expect((await deleted).status()).toBe(204)
    await phase(page, 'cancelled')
  })
})
