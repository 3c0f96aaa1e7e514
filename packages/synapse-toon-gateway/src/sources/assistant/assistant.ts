import { DOCS_DIR } from '../../package-files.ts'
import { SettingError } from '../../setting-error.ts'
import { describe } from '../../zod-issue.ts'
import { paced } from '../paced.ts'
import type { AnswerSource, ChatMessage, Payload } from '../source.ts'
import { answer } from './answer.ts'
import { createLibrary, type Library } from './library.ts'
import { readFolder } from './read-folder.ts'
import type { Document } from './sections.ts'

export interface AssistantOptions {
  /** Folder of Markdown files. Default: this project's own documentation. */
  readonly docs?: string
  /** Between two words, in ms. */
  readonly intervalMs: number
}

/**
 * Answers by quoting Markdown files: what runs when nothing else is configured, so that there is
 * something to see without a key.
 *
 * @throws {SettingError} when a folder was named that cannot be read or holds nothing to quote
 */
export async function createAssistantSource({
  docs,
  intervalMs,
}: AssistantOptions): Promise<AnswerSource<Payload>> {
  const library = createLibrary(await load(docs))
  const files = library.documents.length
  return {
    kind: 'assistant',
    name: 'Documentation',
    note: `Not a language model: it quotes ${files} ${files === 1 ? 'file' : 'files'} of documentation.`,
    open: (messages, { signal }) => paced(payloads(library, messages), intervalMs, signal),
    transform: (payload) => payload,
  }
}

async function load(docs: string | undefined): Promise<readonly Document[]> {
  const folder = docs ?? DOCS_DIR
  const documents = await readFolder(folder).catch((error: NodeJS.ErrnoException) => {
    // Our own is made by the build: without it the gateway runs, and its answers say what to do.
    if (docs === undefined) return []
    const problem = `${describe(docs)} cannot be read (${error.code ?? error})`
    throw new SettingError('docs', `${problem}; name a folder of Markdown files`, 2, error)
  })
  const quotable = documents.filter((document) => document.sections.length > 0)
  if (docs !== undefined && quotable.length === 0) {
    const cure =
      'name a folder that holds some, or leave it out for the documentation of this project'
    throw new SettingError('docs', `${describe(docs)} holds no Markdown files with text; ${cure}`)
  }
  return quotable
}

function* payloads(library: Library, messages: readonly ChatMessage[]): Generator<Payload> {
  const question = messages.findLast(({ role }) => role === 'user')?.content ?? ''
  for (const word of answer(library, question).match(/\s*\S+/g) ?? []) yield { delta: word }
  yield { delta: '', finish_reason: 'stop' }
}
