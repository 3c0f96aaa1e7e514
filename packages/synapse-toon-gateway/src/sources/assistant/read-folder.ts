import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { type Document, splitSections } from './sections.ts'

/** Folders that hold other people's documents, or none. */
const SKIPPED = /(?:^|\/)(?:node_modules|\.[^/]+)\//

/**
 * Reads all Markdown files of a folder and the folders in it, in the order of their names.
 *
 * @throws what `readdir` and `readFile` throw
 */
export async function readFolder(folder: string): Promise<readonly Document[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && /\.(?:md|markdown)$/i.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((file) => !SKIPPED.test(file))
    .sort()
  return Promise.all(
    files.map(async (file) => splitSections(file, await readFile(join(folder, file), 'utf8'))),
  )
}
