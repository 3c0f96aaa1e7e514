import { Buffer } from 'node:buffer'
import type { NativeCodec } from './codecs.ts'
import { SyncZlib } from './sync-zlib.ts'

const TEXTS = ['data: {"delta":"Hel"}\n\n', 'data: {"delta":"lo"}\n\n']

/**
 * Tries a codec as it will be used: its way through Node is not documented, so another runtime, or
 * a later Node, may have closed it. Each flush must be decodable with what came before.
 */
export function codecWorks(codec: NativeCodec): boolean {
  try {
    return worksOnce(codec)
  } catch {
    // Whatever it was, it means that this way is closed, and other encodings are left.
    return false
  }
}

function worksOnce(codec: NativeCodec): boolean {
  const zlib = new SyncZlib(codec.create())
  const target = Buffer.alloc(1024)
  let [text, end] = ['', 0]
  for (const part of TEXTS) {
    const input = Buffer.from(part)
    end = zlib.write(codec.flush, input, input.length, target, end)
    text += part
    if (codec.decode(target.subarray(0, end)).toString() !== text) return false
  }
  zlib.close()
  return true
}
