import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Runs the checker of Prometheus on a file of `content`, whose name is the last argument. */
export async function promtool(args: readonly string[], content: object) {
  const folder = await mkdtemp(join(tmpdir(), 'promtool-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'content.yml')
  // JSON is YAML.
  await writeFile(file, JSON.stringify(content))
  return spawnSync('promtool', [...args, file], { encoding: 'utf8' })
}
