import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { markdownDocuments, readMarkdownFolder } from './markdown-documents.ts'

describe('markdownDocuments', () => {
  it('makes a document of each section, with an id of its own', () => {
    expect(markdownDocuments('a.md', '# A b!\nx\n# A b?\ny\n# Ü\nz')).toEqual([
      { id: 'a.md#a-b', source: 'a.md', title: 'A b!', text: 'x' },
      { id: 'a.md#a-b~2', source: 'a.md', title: 'A b?', text: 'y' },
      { id: 'a.md#ü', source: 'a.md', title: 'Ü', text: 'z' },
    ])
  })

  it('gives the same file of two users two ids', () => {
    const [ada] = markdownDocuments('a.md', 'x', { userId: 'ada', metadata: { lang: 'en' } })
    const [bob] = markdownDocuments('a.md', 'x', { userId: 'bob' })
    expect(ada).toMatchObject({ id: 'ada:a.md#', userId: 'ada', metadata: { lang: 'en' } })
    expect(bob!.id).toBe('bob:a.md#')
  })
})

describe('readMarkdownFolder', () => {
  it('reads Markdown in folders below, in order, and leaves out what is hidden or elsewhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rag-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    for (const below of ['b', '.git', 'node_modules']) await mkdir(join(folder, below))
    for (const file of ['z.md', 'b/a.MD', 'b/a.txt', '.git/x.md', 'node_modules/x.md']) {
      await writeFile(join(folder, file), 'text')
    }
    await symlink(join(folder, 'z.md'), join(folder, 'link.md'))
    const documents = await readMarkdownFolder(folder)
    expect(documents.map(({ source }) => source)).toEqual(['b/a.MD', 'z.md'])
  })

  it('rejects when there is no such folder', async () => {
    await expect(readMarkdownFolder(join(tmpdir(), 'not-there-at-all'))).rejects.toThrow('ENOENT')
  })
})
