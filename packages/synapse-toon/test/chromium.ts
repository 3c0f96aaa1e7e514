import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

/** No sandbox as root, and none of the browser's own errands: the tests need loopback only. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Debian's Chromium with an empty profile, for all tests of a file. `scripts/parts.mjs` installs it. */
export function sharedChromium(): { newPage(): Promise<Page> } {
  let profile: string
  let browser: BrowserContext
  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'synapse-chromium-'))
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: FLAGS,
      headless: true,
    })
  })
  afterAll(async () => {
    await browser?.close()
    await rm(profile, { recursive: true, force: true })
  })
  return { newPage: () => browser.newPage() }
}
