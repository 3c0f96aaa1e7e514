import { expect, it, onTestFinished } from 'vitest'
import { nextTurn } from '../time/turn.ts'
import { RedisOutage } from './redis-outage.ts'

it('RedisOutage warns once for each time that Redis is away, whichever part finds it out', async () => {
  const warnings: string[] = []
  const listener = ({ message }: Error) => void warnings.push(message)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  const outage = new RedisOutage()
  outage.over('commands')
  outage.begin('messages', new Error('refused'))
  for (let n = 0; n < 10; n++) outage.begin('commands', new Error('no answer'))
  outage.over('messages')
  outage.begin('messages', new Error('refused'))
  outage.over('messages')
  outage.over('commands')
  await nextTurn()
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain('away: Error: refused')
  outage.begin('commands', new Error('no answer'))
  await nextTurn()
  expect(warnings).toHaveLength(2)
})
