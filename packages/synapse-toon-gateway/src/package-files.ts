import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// One folder above both `src` (tests) and `dist` (run time). Only files directly in `src` may
// say so: deeper ones are elsewhere until they are bundled.
const PACKAGE = new URL('../', import.meta.url)

/** The built web page. */
export const PAGE_DIR = fileURLToPath(new URL('dist/page/', PACKAGE))

/** This project's own documentation, copied there by the build. */
export const DOCS_DIR = fileURLToPath(new URL('dist/docs/', PACKAGE))

export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', PACKAGE), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
