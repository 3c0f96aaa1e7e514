import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitMarkdown } from './split-markdown.ts'

const split = (markdown: string) =>
  splitMarkdown(markdown).map(({ headings, text }) => [headings.join(' › '), text])

describe('splitMarkdown', () => {
  it('splits at headings, and keeps the trail of them', () => {
    expect(split('intro\n# A\n## B ##\nb\n### C\nc\n## D\nd')).toEqual([
      ['', 'intro'],
      ['A › B', 'b'],
      ['A › B › C', 'c'],
      ['A › D', 'd'],
    ])
  })

  it('knows headings that are underlined, and rules and tables that are none', () => {
    expect(split('Title\n=====\nx\n\nPart\n---\ny')).toEqual([
      ['Title', 'x'],
      ['Title › Part', 'y'],
    ])
    expect(split('a\n\n---\n\nb')).toEqual([['', 'a\n\n---\n\nb']])
    expect(split('- item\n---\nb')).toEqual([['', '- item\n---\nb']])
  })

  it('finds no headings in code, whatever its fence', () => {
    const code = '````sh\n# no heading\n```\n# nor this\n````'
    expect(split(`# A\n${code}\n# B\nb`)).toEqual([
      ['A', code],
      ['B', 'b'],
    ])
    expect(split('~~~\n# no\n```\n~~~\n# B\nb').at(-1)).toEqual(['B', 'b'])
  })

  it('leaves out front matter, and headings without text', () => {
    expect(split('---\ntitle: x\n---\n# A\n\n# B\nb')).toEqual([['B', 'b']])
    expect(split('+++\n+++\nb')).toEqual([['', 'b']])
  })

  it('splits a long section at its paragraphs, and keeps code together where it fits', () => {
    const code = '```\none\n\ntwo\n```'
    const parts = split(`# A\n${'word '.repeat(250)}\n\n${code}\n\n${'other '.repeat(200)}`)
    expect(parts).toHaveLength(2)
    expect(parts[0]![1]).toContain(code)
    expect(parts.every(([heading]) => heading === 'A')).toBe(true)
  })

  it('splits a line that is too long, with and without spaces', () => {
    for (const line of ['word '.repeat(2000), 'x'.repeat(9000), '👩🏽'.repeat(2000)]) {
      const parts = splitMarkdown(line)
      expect(parts.length).toBeGreaterThan(4)
      expect(
        parts
          .map(({ text }) => text)
          .join('')
          .replaceAll(/\s/g, ''),
      ).toBe(line.replaceAll(/\s/g, ''))
    }
  })

  it('loses no word, whatever the text', () => {
    const line = fc.constantFrom('word', '', '```', '~~~', '- item', '    code', '| a | b |', '> q')
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const kept = splitMarkdown(['start', ...lines].join('\n')).map(({ text }) => text)
        const bare = (text: string) => text.replaceAll(/\s/g, '')
        expect(bare(kept.join(''))).toBe(bare(['start', ...lines].join('')))
      }),
    )
  })
})
