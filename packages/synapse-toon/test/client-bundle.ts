import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/**
 * The client as a page or a process gets it that cannot run TypeScript: one module.
 *
 * @param entry a file of ours, by its address
 */
export async function bundleClient(entry: URL): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(entry),
    platform: 'neutral',
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
  await bundle.close()
  return output[0].code
}
