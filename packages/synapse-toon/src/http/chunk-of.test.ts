import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHUNK, chunkOf } from './chunk-of.ts'

const bytesOf = (text: string) => Buffer.from(chunkOf(text, Buffer.byteLength(text)))

describe('chunkOf', () => {
  it('writes the size in hex, and the data between line ends [RFC 9112 §7.1]', () => {
    expect(chunkOf('data: x\n\n', 9)).toBe('9\r\ndata: x\n\n\r\n')
    expect(chunkOf('x'.repeat(255), 255)).toBe(`ff\r\n${'x'.repeat(255)}\r\n`)
    expect(chunkOf('x'.repeat(4096), 4096)).toBe(`1000\r\n${'x'.repeat(4096)}\r\n`)
  })

  it('counts bytes, not characters, and gives bytes where a text is more than ASCII', () => {
    expect(chunkOf('é', 2)).toEqual(Buffer.from('2\r\né\r\n'))
    expect(chunkOf('漢😀', 7)).toEqual(Buffer.from('7\r\n漢😀\r\n'))
  })

  it('copies bytes as they are', () => {
    expect(chunkOf(new Uint8Array([0, 13, 10, 255]), 4)).toEqual(
      Buffer.from('4\r\n\0\r\n\xff\r\n', 'latin1'),
    )
  })

  it('gives any text back to a reader of chunked coding', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 40 }),
        (piece, times) => {
          const text = piece.repeat(times)
          const chunk = bytesOf(text)
          const sizeEnd = chunk.indexOf('\r\n')
          const size = Number.parseInt(chunk.toString('latin1', 0, sizeEnd), 16)
          expect(chunk.length).toBe(sizeEnd + 2 + size + 2)
          expect(chunk.toString('utf8', sizeEnd + 2, sizeEnd + 2 + size)).toBe(text)
          expect(chunk.toString('latin1', sizeEnd + 2 + size)).toBe('\r\n')
        },
      ),
    )
  })
})

describe('CHUNK', () => {
  const sealed = (bytes: number) => {
    const target = Buffer.alloc(CHUNK.before + bytes + CHUNK.after, '-')
    const start = CHUNK.seal(target, CHUNK.before, CHUNK.before + bytes)
    return target.subarray(start)
  }

  it.each([1, 9, 10, 15, 16, 255, 256, 4095, 4096, 65_536, 1_048_576])(
    'is around %i bytes what chunkOf writes',
    (bytes) => {
      const data = Buffer.alloc(bytes, '-')
      expect(sealed(bytes).equals(bytesOf(data.toString()))).toBe(true)
    },
  )

  it('is not there around nothing: an empty chunk would end the body', () => {
    expect(sealed(0)).toHaveLength(0)
  })
})
