import { describe, expect, it } from 'vitest'
import { splitSections } from './sections.ts'

describe('splitting Markdown into sections', () => {
  it('keeps for each the headings above it, without the title of the file', () => {
    const { title, sections } = splitSections(
      'guide.md',
      '# Guide\n\nBefore.\n\n## Resume ##\n\nA.\n\n### Gaps\n\nB.\n\n## Ends\n\nC.\n',
    )
    expect(title).toBe('Guide')
    expect(sections.map(({ heading, blocks }) => [heading, blocks[0]?.text])).toEqual([
      ['', 'Before.'],
      ['Resume', 'A.'],
      ['Resume › Gaps', 'B.'],
      ['Ends', 'C.'],
    ])
  })

  it('is named after the file when there is no title, and leaves out empty sections', () => {
    const { title, sections } = splitSections('notes.md', '## Empty\n\n## Full\n\ntext')
    expect(title).toBe('notes.md')
    expect(sections.map(({ heading }) => heading)).toEqual(['Full'])
  })

  it('takes nothing inside a fence for a heading, and ends the fence with its own mark', () => {
    const code = '````sh\n# not a heading\n```\nstill code\n````'
    const { sections } = splitSections('a.md', `## A\n\n${code}\n\nafter`)
    expect(sections[0]?.blocks).toEqual([
      { kind: 'code', text: code },
      { kind: 'text', text: 'after' },
    ])
  })

  it('makes paragraphs one line, and every item a block', () => {
    const { sections } = splitSections('a.md', 'One\ntwo\n- three\n  four\n1. five\n> said')
    expect(sections[0]?.blocks).toEqual([
      { kind: 'text', text: 'One two' },
      { kind: 'item', text: '- three four' },
      { kind: 'item', text: '1. five > said' },
    ])
  })

  it('makes a row of a table an item, and drops its head', () => {
    const table = '| option | meaning |\n|---|:--|\n| `a` | x \\| y | ms |\n| b | |'
    expect(splitSections('a.md', table).sections[0]?.blocks).toEqual([
      { kind: 'item', text: '- `a`: x | y · ms' },
      { kind: 'item', text: '- b' },
    ])
  })

  it('drops what means nothing outside the file: HTML, pictures, comments, relative links', () => {
    const { sections } = splitSections(
      'a.md',
      '<p align="center">x</p>\n\n![logo](logo.svg)\n\n<!-- hidden -->\n\n---\n\nSee [the guide](guide.md#a), [spec](https://html.spec) and **this**.',
    )
    expect(sections[0]?.blocks).toEqual([
      { kind: 'text', text: 'See the guide, [spec](https://html.spec) and this.' },
    ])
  })
})
