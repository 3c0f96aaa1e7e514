import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { useSynapseStream } from 'synapse-toon/react'
import { describe, expect, it } from 'vitest'
import { drivenSource, reactSite } from './react-kit.ts'

describe('useSynapseStream, on a server', () => {
  it('renders an idle stream, and asks for nothing', async () => {
    const { asked, address } = await reactSite({ script: '' }, drivenSource().source)
    const url = new URL('/chat', address({ url: '' }))
    function Answer() {
      const { text, status } = useSynapseStream(url, { autoStart: true, storageKey: 'answer' })
      return createElement('p', { id: status }, text)
    }
    expect(renderToString(createElement(Answer))).toBe('<p id="idle"></p>')
    await fetch(new URL('/icon', url))
    expect(asked).toEqual([])
  })
})
