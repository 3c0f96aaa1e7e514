import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TruncatedStreamError } from '../errors.ts'
import { createTestStorage, createTestStore, idOf } from './test-kit.ts'

const OWN = 'http://host/streams/1'

/** What may happen to a page, after so many events more. */
const misfortune = fc.record({
  events: fc.nat(4),
  what: fc.constantFrom('reload', 'crash', 'hide', 'strict', 'cut', 'second', 'draw'),
})

it('the text is that of the stream, once, and the question is asked once, whatever happens to the page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 30 }),
      fc.array(misfortune, { maxLength: 12 }),
      async (deltas, misfortunes) => {
        const storage = createTestStorage()
        const questions: unknown[] = []
        const load = () => {
          const options = { autoStart: true, body: {}, storageKey: 'answer' }
          const page = createTestStore('/chat', options, { storage: () => storage })
          return { ...page, unmount: page.store.mount() }
        }
        let page = load()
        let read: unknown

        /** As our server does it: what is after the id that the line was opened with. */
        const serve = async (count: number) => {
          const line = page.last()
          if (line !== read) {
            if (line.options.method === 'POST') questions.push(line)
            await line.answer(OWN)
          }
          const { lastEventId = '' } = line.options
          const sent = line === read ? next : Number.parseInt(lastEventId.slice(-12) || '0', 16)
          await line.say(sent + 1, ...deltas.slice(sent, sent + count))
          next = Math.min(deltas.length, sent + count)
          read = line
        }
        let next = 0

        for (const { events, what } of misfortunes) {
          await serve(events)
          if (what === 'second') await page.clock.advance(1000)
          else if (what === 'draw') page.draw()
          else if (what === 'cut') {
            await page.last().fail(new TruncatedStreamError('cut'))
            page.store.resume()
          } else if (what === 'hide' || what === 'strict') {
            page.unmount()
            if (what === 'hide') await page.clock.advance(0)
            page.unmount = page.store.mount()
          } else {
            if (what === 'reload') page.page('pagehide')
            page = load()
          }
        }
        await serve(deltas.length)
        await page.last().end()
        page.draw()
        const { text, status } = page.store.view()
        expect({ text, status }).toEqual({ text: deltas.join(''), status: 'complete' })
        expect(questions).toHaveLength(1)

        const after = load()
        expect(after.lines).toEqual([])
        expect(after.store.view()).toMatchObject({ text: deltas.join(''), status: 'complete' })
      },
    ),
    { numRuns: 200 },
  )
})

it('the ids of these tests are numbered as ours', () => {
  expect(Number.parseInt(idOf(42).slice(-12), 16)).toBe(42)
})
