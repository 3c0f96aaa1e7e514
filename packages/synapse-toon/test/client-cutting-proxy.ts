import { get } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { BEFORE_CUT_MS } from './client-cuts-kit.ts'

export interface CuttingProxy {
  readonly url: string
  /** Responses that were cut. */
  readonly cuts: number
  /** Bytes of a whole body on the line, chunks and all, and its content coding. */
  measure(
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly bytes: number; readonly contentEncoding: string | undefined }>
}

const HEAD_END = '\r\n\r\n'

/**
 * Passes requests on to a server on this machine, and cuts responses in the middle, as networks do:
 * by bytes on the line, whatever they are a part of.
 *
 * @param placeOf is given the head of each request, and says after how many bytes of the response's
 *   body the line is cut; undefined: it is not
 */
export async function startCuttingProxy(
  port: number,
  placeOf: (head: string) => number | undefined,
): Promise<CuttingProxy> {
  let cuts = 0
  let bodyBytes = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    /** Bytes that may still pass; undefined while the head has not been read, or nothing is cut. */
    let left: number | undefined
    let place: number | undefined
    let head = ''
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      // What a test wants to know of a line that broke is that it is closed.
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      // A new request, since none is sent before the last was answered.
      head = ''
      left = undefined
      bodyBytes = 0
      place = placeOf(chunk.toString('latin1'))
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      let fromBody = 0
      if (!head.includes(HEAD_END)) {
        const before = head.length
        head += chunk.toString('latin1')
        const end = head.indexOf(HEAD_END)
        if (end === -1) return void client.write(chunk)
        fromBody = end + HEAD_END.length - before
        left = place
      }
      bodyBytes += chunk.length - fromBody
      const passing = left === undefined ? chunk.length : Math.min(chunk.length, fromBody + left)
      if (passing > 0) client.write(chunk.subarray(0, passing))
      if (left === undefined) return undefined
      left -= passing - fromBody
      if (passing === chunk.length) return undefined
      cuts++
      upstream.pause()
      setTimeout(() => client.end(), BEFORE_CUT_MS)
      return undefined
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts
    },
    async measure(url, headers) {
      const coding = await new Promise<string | undefined>((resolve, reject) => {
        get(url, { headers, agent: false }, (response) => {
          response.on('end', () => resolve(response.headers['content-encoding']))
          response.resume()
        }).on('error', reject)
      })
      return { bytes: bodyBytes, contentEncoding: coding }
    },
  }
}
