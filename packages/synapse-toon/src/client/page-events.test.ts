import { describe, expect, it } from 'vitest'
import { watchPage } from './page-events.ts'

describe('watchPage', () => {
  it('tells when the network is back, and when the page is', () => {
    const page = new EventTarget()
    const controller = new AbortController()
    const told: string[] = []
    watchPage(
      page as never,
      controller.signal,
      () => told.push('restored'),
      () => told.push('online'),
    )
    page.dispatchEvent(new Event('online'))
    page.dispatchEvent(new Event('pageshow'))
    page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
    expect(told).toEqual(['online', 'restored'])
    controller.abort()
    page.dispatchEvent(new Event('online'))
    expect(told).toHaveLength(2)
  })

  it('has nothing to listen to where there is no page', () => {
    watchPage({}, new AbortController().signal, () => {})
  })
})
