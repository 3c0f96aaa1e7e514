import { describe, expect, it } from 'vitest'
import { importPeer } from './import-peer.ts'

describe('importPeer', () => {
  it('says what to install when an optional package is missing, and keeps the cause', async () => {
    const cause = new Error('Cannot find package')
    await expect(importPeer('minisearch', () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_MISSING_PEER',
      message: expect.stringContaining('npm install minisearch'),
      cause,
    })
  })
})
