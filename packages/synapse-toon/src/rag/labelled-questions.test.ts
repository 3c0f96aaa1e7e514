import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRag, type Rag } from './create-rag.ts'
import { createFullTextRetriever } from './full-text-retriever.ts'
import { LABELLED_QUESTIONS } from './labelled-questions.ts'
import { markdownDocuments, readMarkdownFolder } from './markdown-documents.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

let rag: Rag
beforeAll(async () => {
  const documents = (await readMarkdownFolder(`${ROOT}docs`)).map((document) => ({
    ...document,
    id: `docs/${document.id}`,
    source: `docs/${document.source}`,
  }))
  for (const file of ['README.md', 'CONTRIBUTING.md']) {
    documents.push(
      ...markdownDocuments(file, await readFile(ROOT + file, 'utf8')).map((document) => ({
        ...document,
        source: file,
      })),
    )
  }
  rag = createRag({ retriever: await createFullTextRetriever({ documents }), limit: 10 })
})

describe('the labelled questions', () => {
  it('name files that exist', () => {
    for (const { files } of LABELLED_QUESTIONS) {
      for (const file of files) expect(existsSync(ROOT + file), file).toBe(true)
    }
  })

  it('have their file among the first three distinct results for at least 90 %', async () => {
    const total = LABELLED_QUESTIONS.length
    const missed: string[] = []
    let inContext = 0
    let first = 0
    for (const { question, files } of LABELLED_QUESTIONS) {
      const sources = (await rag.search(question)).map(({ source }) => source ?? '')
      const isRight = (source: string) => files.includes(source)
      if (sources.slice(0, 1).some(isRight)) first++
      if (sources.slice(0, 3).some(isRight)) inContext++
      const distinct = [...new Set(sources)].slice(0, 3)
      if (!distinct.some(isRight)) missed.push(`\n  missed: ${question} (${distinct})`)
    }
    const found = total - missed.length
    const share = (count: number) => `${count} of ${total} (${Math.round((count / total) * 100)} %)`
    console.info(
      `the right file is in the first three files for ${share(found)}, in the first three snippets for ${share(inContext)}, the first for ${share(first)}`,
      ...missed,
    )
    expect(found / total).toBeGreaterThanOrEqual(0.9)
  })
})
