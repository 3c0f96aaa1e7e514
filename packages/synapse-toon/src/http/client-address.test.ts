import { describe, expect, it } from 'vitest'
import { requestView } from '../../test/request-views.ts'
import { clientAddress } from './client-address.ts'

const from = (forwarded?: string) => ({
  ...requestView(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
  address: '10.0.0.1',
})

describe('clientAddress', () => {
  it.each([
    ['the line, when no proxy is trusted, whatever the header says', '1.1.1.1', 0, '10.0.0.1'],
    ['what the one proxy added', '1.1.1.1', 1, '1.1.1.1'],
    ['what the one proxy added, not what came from outside', '6.6.6.6, 1.1.1.1', 1, '1.1.1.1'],
    ['what the outer of two proxies added', '6.6.6.6, 1.1.1.1, 10.0.0.2', 2, '1.1.1.1'],
    ['the leftmost, when it came around a proxy', '1.1.1.1', 2, '1.1.1.1'],
    ['the line, without a header', undefined, 2, '10.0.0.1'],
    ['the line, with an empty header', ' , ', 1, '10.0.0.1'],
  ])('is %s', (_, forwarded, proxies, address) => {
    expect(clientAddress(from(forwarded), proxies)).toBe(address)
  })
})
