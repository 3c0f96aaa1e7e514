import { type IncomingMessage, request } from 'node:http'
import { PassThrough } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { createSynapseToon, type SynapseToonOptions } from 'synapse-toon'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenTcp, openLine, type TestLine } from './fault-proxy-kit.ts'
import { createTap, startInstance } from './nginx-kit.ts'
import { startNginx } from './nginx-server.ts'
import { until } from './test-server.ts'

type Replace = Readonly<Record<string, string>>

const DECODERS = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  identity: () => new PassThrough(),
} as const

/** nginx as one has it who lets it compress whatever it passes on. */
const COMPRESSING: Replace = {
  'gzip off;': 'gzip on; gzip_proxied any; gzip_min_length 1; gzip_types text/event-stream;',
}

const SETTINGS: readonly (readonly [string, Replace])[] = [
  ['deploy/nginx.conf as it is', {}],
  ['an nginx that compresses', COMPRESSING],
]

/** No two alike, of all sizes: empty, of other scripts, and larger than any buffer of nginx. */
const TOKENS = ['The', ' answer', '', ' 漢字', ' 😀', ' is', makeText(100_000), ' 42', '.']

/** Text that does not shrink to nothing. */
function makeText(length: number): string {
  let text = ''
  for (let n = 1; text.length < length; n++) text += `${(n * n * 7919) % 1_000_003} `
  return text
}

/** One instance behind nginx, with a line between the two that keeps what passes. */
async function startBehindNginx(replace: Replace, streams: SynapseToonOptions = {}) {
  const tap = createTap()
  const toon = createSynapseToon(streams)
  const instance = await startInstance((req, res) => toon.pipe(tap.source, { req, res }), 0)
  const lines: TestLine[] = []
  const between = await listenTcp(({ socket }) => {
    const line = openLine(instance.port)
    lines.push(line)
    socket.pipe(line.socket).pipe(socket)
  })
  const { url } = await startNginx({ targets: [{ port: between.port }], replace })
  /** Body of the one answer, as the instance wrote it. */
  const written = () => bodyOf(lines[0]!.received)
  return { tap, url, written }
}

/** The body of a whole message in chunked coding [RFC 9112 §7.1]. */
function bodyOf(message: Buffer): Buffer {
  const pieces: Buffer[] = []
  let at = message.indexOf('\r\n\r\n') + 4
  for (;;) {
    const sizeEnd = message.indexOf('\r\n', at)
    const size = Number.parseInt(message.toString('latin1', at, sizeEnd), 16)
    if (size === 0) return Buffer.concat(pieces)
    pieces.push(message.subarray(sizeEnd + 2, sizeEnd + 2 + size))
    at = sizeEnd + 2 + size + 2
  }
}

/** Asks, and decodes what comes as it comes. */
function ask(url: string, accepted: string | undefined, coding: keyof typeof DECODERS) {
  const headers = accepted === undefined ? {} : { 'Accept-Encoding': accepted }
  const arrived: Buffer[] = []
  let heard = ''
  let isOver = false
  const decoder = DECODERS[coding]()
  decoder.setEncoding('utf8').on('data', (text: string) => {
    heard += text
  })
  decoder.on('end', () => {
    isOver = true
  })
  const asked = request(url, { agent: false, headers }).end()
  onTestFinished(() => void asked.destroy())
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    decoder.on('error', reject)
    asked.on('error', reject).on('response', (response) => {
      response.on('data', (piece) => arrived.push(piece)).pipe(decoder)
      resolve(response)
    })
  })
  return {
    answer,
    waitFor: (event: string) => until(() => heard.includes(event), `"${event.slice(0, 40)}" came`),
    waitForEnd: () => until(() => isOver, 'the body has ended as its coding demands'),
    /** What came, before it was decoded. */
    arrived: () => Buffer.concat(arrived),
    deltas: () =>
      [...heard.matchAll(/^data: (\{"delta".*)$/gm)].map(([, json]) => JSON.parse(json!).delta),
  }
}

describe.each(SETTINGS)('behind %s', (_, replace) => {
  it.each(['gzip', 'deflate', 'br'] as const)(
    'a stream in %s is passed on byte for byte, each event before there is another',
    async (coding) => {
      const { tap, url, written } = await startBehindNginx(replace)
      const client = ask(url, coding, coding)
      for (const token of TOKENS) {
        await tap.pass(token)
        await client.waitFor(`data: ${JSON.stringify({ delta: token })}\n\n`)
      }
      await tap.pass(undefined)
      await client.waitForEnd()
      const { headers } = await client.answer
      expect(headers['content-encoding']).toBe(coding)
      expect(client.deltas()).toEqual(TOKENS)
      expect(client.arrived().equals(written())).toBe(true)
    },
  )

  it.each([
    ['accepts only identity', 'identity'],
    ['refuses every coding', 'gzip;q=0, *;q=0, identity'],
  ])('a client that %s gets it plain', async (__, accepted) => {
    const { tap, url, written } = await startBehindNginx(replace)
    const client = ask(url, accepted, 'identity')
    for (const token of TOKENS) {
      await tap.pass(token)
      await client.waitFor(`data: ${JSON.stringify({ delta: token })}\n\n`)
    }
    await tap.pass(undefined)
    await client.waitForEnd()
    const { headers } = await client.answer
    expect(headers['content-encoding']).toBeUndefined()
    expect(client.deltas()).toEqual(TOKENS)
    expect(client.arrived().equals(written())).toBe(true)
  })
})

describe('an nginx that compresses', () => {
  it('would have done so, had the instance not', async () => {
    const { tap, url } = await startBehindNginx(COMPRESSING, { compression: false })
    const client = ask(url, 'gzip', 'gzip')
    await tap.pass('plain')
    await client.waitFor('data: {"delta":"plain"}\n\n')
    await tap.pass(undefined)
    await client.waitForEnd()
    const { headers } = await client.answer
    expect(headers['content-encoding']).toBe('gzip')
  })
})
