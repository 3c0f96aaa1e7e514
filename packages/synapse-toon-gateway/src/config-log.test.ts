import { describe, expect, it } from 'vitest'
import type { Environment, Flags } from './config.ts'
import { chooseLog } from './config-log.ts'

const REDIS_URL = 'redis://h:6379'
const HOME = '/home/ann'

const choose = (flags: Flags, env: Environment = {}) => chooseLog(flags, { HOME, ...env })
const dirOf = (env: Environment) => choose({}, env).dataDir

describe('the log of a command line', () => {
  it('is on the disk of this machine where nothing is said', () => {
    expect(choose({})).toEqual({ log: 'level', dataDir: '/home/ann/.local/state/synapse-toon' })
  })

  it('is the Redis that the environment names, as hosts do once one is attached', () => {
    expect(choose({}, { REDIS_URL })).toEqual({ log: 'redis', redisUrl: REDIS_URL })
    expect(choose({}, { REDIS_URL, SYNAPSE_DATA_DIR: '/data' }).log).toBe('redis')
    expect(choose({}, { REDIS_URL: '' }).log).toBe('level')
  })

  it('is what SYNAPSE_LOG says, whatever else is in the environment', () => {
    expect(choose({}, { SYNAPSE_LOG: 'memory', REDIS_URL })).toEqual({ log: 'memory' })
    expect(choose({}, { SYNAPSE_LOG: 'level', REDIS_URL, SYNAPSE_DATA_DIR: '/data' })).toEqual({
      log: 'level',
      dataDir: '/data',
    })
  })

  it('is what a flag says before all of the environment', () => {
    const env = { SYNAPSE_LOG: 'memory', REDIS_URL }
    expect(choose({ log: 'redis' }, env)).toEqual({ log: 'redis', redisUrl: REDIS_URL })
    expect(choose({ dataDir: 'd' }, env)).toEqual({ log: 'level', dataDir: 'd' })
    expect(choose({ redisUrl: 'redis://f' }, env)).toEqual({ log: 'redis', redisUrl: 'redis://f' })
    expect(choose({ log: 'memory' }, { REDIS_URL })).toEqual({ log: 'memory' })
  })

  it('keeps two flags that contradict each other, for the check to tell', () => {
    expect(choose({ log: 'memory', dataDir: 'd' })).toEqual({ log: 'memory', dataDir: 'd' })
  })
})

describe('the folder of the log', () => {
  it('is in XDG_STATE_HOME where that is set, and absolute as its specification asks', () => {
    expect(dirOf({ XDG_STATE_HOME: '/state' })).toBe('/state/synapse-toon')
    for (const XDG_STATE_HOME of ['', 'state', './state']) {
      expect(dirOf({ XDG_STATE_HOME })).toBe('/home/ann/.local/state/synapse-toon')
    }
  })

  it('is SYNAPSE_DATA_DIR before that', () => {
    expect(dirOf({ SYNAPSE_DATA_DIR: 'here', XDG_STATE_HOME: '/state' })).toBe('here')
  })
})
