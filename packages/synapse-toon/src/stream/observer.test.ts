import { describe, expect, it, vi } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import { notify, type Observer } from './observer.ts'

const event = { streamId: 'a', from: 1, to: 2 }

describe('notify', () => {
  it('calls the method with the event, on the observer itself', () => {
    class Counter implements Observer {
      seen: unknown[] = []
      gap(gap: unknown) {
        this.seen.push(gap)
      }
    }
    const counter = new Counter()
    notify(counter, 'gap', event)
    expect(counter.seen).toEqual([event])
  })

  it('does nothing without an observer, or without the method', () => {
    notify(undefined, 'gap', event)
    notify({}, 'gap', event)
  })

  it('keeps the failure of an observer away from the stream, and warns', async () => {
    const warnings = listenToWarnings()
    const gap = vi.fn(() => {
      throw new Error('metrics are down')
    })
    expect(() => notify({ gap }, 'gap', event)).not.toThrow()
    expect(gap).toHaveBeenCalledOnce()
    expect(await warnings()).toEqual(['SYNAPSE_OBSERVER'])
  })
})
