// Copies the documentation of this repository into the package: the assistant quotes it.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const target = fileURLToPath(new URL('../dist/docs/', import.meta.url))

const docs = join(root, 'docs')
const files = existsSync(docs)
  ? readdirSync(docs)
      // The seed map is for those who check this project, and would be quoted for every question.
      .filter((name) => name.endsWith('.md') && name !== 'seed-map.md')
      .map((name) => join(docs, name))
  : []
const readme = join(root, 'README.md')
if (existsSync(readme)) files.push(readme)

// A file that was renamed would otherwise be quoted for ever.
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
for (const file of files) cpSync(file, join(target, basename(file)))
console.log(`copied ${files.length} documents to dist/docs`)
