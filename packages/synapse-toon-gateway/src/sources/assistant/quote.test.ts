import { describe, expect, it } from 'vitest'
import { quote, wordCount } from './quote.ts'
import { type Block, splitSections } from './sections.ts'

const section = (markdown: string) => splitSections('a.md', markdown).sections[0]!
const sentence = (word: string) => `The ${word} ${'is here '.repeat(10)}now.`

describe('quoting a section', () => {
  it('begins with the block that says most of what is asked', () => {
    const text = quote(section('Apples.\n\nPears and quinces.\n\nPlums.'), ['pear', 'quinc'], 50)
    expect(text).toBe('Pears and quinces.\n\nPlums.')
  })

  it('begins at the start when the heading says it', () => {
    const found = section('## Pears\n\nFirst.\n\nA pear.')
    expect(quote(found, ['pear'], 50)).toBe('First.\n\nA pear.')
  })

  it('keeps to whole sentences, from the best one on', () => {
    const found = section(['apple', 'pear', 'plum', 'fig'].map(sentence).join(' '))
    const text = quote(found, ['pear'], 50)
    expect(text).toBe(`… ${sentence('pear')} ${sentence('plum')} …`)
    expect(wordCount(text)).toBeLessThanOrEqual(52)
  })

  it('cuts a sentence that is longer than all there is room for', () => {
    expect(quote(section(`pear ${'word '.repeat(100)}`), ['pear'], 20)).toMatch(
      /^pear( word){19} …$/,
    )
  })

  it('quotes short code whole, and long code not at all', () => {
    const short = '```js\nconst a = 1\n```'
    const long = `\`\`\`js\n${'a()\n'.repeat(40)}\`\`\``
    expect(quote(section(`## Pears\n\nLike this:\n\n${short}`), ['pear'], 50)).toBe(
      `Like this:\n\n${short}`,
    )
    expect(quote(section(`## Pears\n\nBefore.\n\n${long}\n\nAfter.`), ['pear'], 50)).toBe('Before.')
    expect(quote(section(`## Pears\n\n${long}\n\nAfter.`), ['pear'], 50)).toBe('After.')
  })

  it('leaves out an announcement of what no longer fits', () => {
    const items = `- ${'word '.repeat(30)}`
    expect(quote(section(`Pears are good.\n\nFor these reasons:\n\n${items}`), ['pear'], 20)).toBe(
      'Pears are good.',
    )
  })

  it('keeps the items of a list together', () => {
    expect(quote(section('Pears:\n\n- one\n- two\n\nDone.'), ['pear'], 50)).toBe(
      'Pears:\n\n- one\n- two\n\nDone.',
    )
  })

  it('is empty for a section of long code only', () => {
    const blocks: Block[] = [{ kind: 'code', text: `\`\`\`\n${'a\n'.repeat(40)}\`\`\`` }]
    expect(quote({ file: 'a.md', heading: 'A', blocks }, ['a'], 50)).toBe('')
  })
})
