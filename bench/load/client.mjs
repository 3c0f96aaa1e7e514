// The reading side where no C compiler is: the same arguments and the same answer as client.c.
// `receive` and `spin` are left out: Node cannot set a socket's buffer before it connects, and sleeps
// while there is nothing to read.
import { connect } from 'node:net'
import { createGunzip } from 'node:zlib'

const MARK = Buffer.from('"t":')
/** The most of a mark and its number that two reads can cut apart. */
const CARRY = 32
/** Connections whose headers are awaited at once: more would overflow the server's backlog. */
const MAX_OPENING = 256
/** Least bytes worth a read, and pause between two looks, in ms, where the line is to be slow. */
const SLOW_READ = 256
const SLOW_PAUSE_MS = 2

const given = Object.fromEntries(process.argv.slice(2).map((one) => one.split(/=(.*)/s)))
const number = (name, otherwise = 0) => Number(given[name] ?? otherwise)
const connections = number('connections', 1)
// As a browser asks over http; `gzip` alone is what Go asks for, whose decoder must be told of flushes.
const request = [
  `GET ${given.path} HTTP/1.1`,
  `Host: 127.0.0.1:${given.port}`,
  'Accept: text/event-stream',
  ...(number('gzip') ? ['Accept-Encoding: gzip, deflate'] : []),
  '',
  '',
].join('\r\n')

const nowUs = () => Number(process.hrtime.bigint() / 1000n)
const start = nowUs()
const total = { opened: 0, failed: 0, ended: 0, cut: 0, wireBytes: 0, bodyBytes: 0, reads: 0 }
const events = []
const firstsUs = []
const latencies = []
let started = 0
let over = 0
let openMs = 0
let latenciesFrom = Number.POSITIVE_INFINITY
let latenciesUntil = Number.POSITIVE_INFINITY
let hasStalled = false
let slowFrom = 0

/** Counts the events of one stream, however its bytes are cut. */
function createCounter(index, askedAt) {
  let carry = Buffer.alloc(0)
  events[index] = 0
  return (piece) => {
    const now = nowUs()
    total.bodyBytes += piece.length
    const bytes = carry.length === 0 ? piece : Buffer.concat([carry, piece])
    let after = 0
    let at = bytes.indexOf(MARK)
    for (; at !== -1; at = bytes.indexOf(MARK, after)) {
      let digit = at + MARK.length
      while (bytes[digit] >= 48 && bytes[digit] <= 57) digit++
      // The number may go on.
      if (digit === bytes.length) break
      after = digit
      if (events[index]++ === 0) firstsUs.push(now - askedAt)
      const producedAt = Number(bytes.latin1Slice(at + MARK.length, digit))
      if (producedAt >= latenciesFrom && producedAt < latenciesUntil) {
        latencies.push(Math.max(0, now - producedAt))
      }
    }
    const from = at === -1 ? Math.max(after, bytes.length - MARK.length + 1) : at
    carry = bytes.subarray(Math.max(from, bytes.length - CARRY))
  }
}

/** Takes chunked coding apart [RFC 9112 §7.1]. @returns takes bytes; true once the last chunk came */
function createDechunker(onData) {
  let line = ''
  let left = 0
  let isInTrailer = false
  return (bytes) => {
    let at = 0
    while (at < bytes.length) {
      if (left > 0) {
        const piece = bytes.subarray(at, at + left)
        onData(piece)
        left -= piece.length
        at += piece.length
        continue
      }
      const end = bytes.indexOf(10, at)
      line += bytes.latin1Slice(at, end === -1 ? undefined : end)
      if (end === -1) return false
      at = end + 1
      const text = line.trim()
      line = ''
      // The line end after a chunk's data is an empty line before the next size.
      if (isInTrailer && text === '') return true
      if (isInTrailer || text === '') continue
      left = Number.parseInt(text, 16)
      isInTrailer = left === 0
    }
    return false
  }
}

function createBodyReader(head, count) {
  const gunzip = /content-encoding: gzip/i.test(head) ? createGunzip() : undefined
  gunzip?.on('data', count).on('error', ignore)
  const take = gunzip === undefined ? count : (piece) => gunzip.write(Buffer.from(piece))
  if (/transfer-encoding: chunked/i.test(head)) return createDechunker(take)
  return (bytes) => {
    take(bytes)
    return false
  }
}

function ignore() {}

function openOne() {
  const index = started++
  const askedAt = nowUs()
  const count = createCounter(index, askedAt)
  let head = ''
  let readBody
  let isEnded = false
  const socket = connect({ port: number('port'), host: '127.0.0.1', noDelay: true }, () => {
    socket.write(request)
  })
  socket.on('data', (bytes) => {
    total.reads++
    total.wireBytes += bytes.length
    let body = bytes
    if (readBody === undefined) {
      const before = head.length
      head += bytes.latin1Slice()
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      body = bytes.subarray(end + 4 - before)
      readBody = createBodyReader(head.slice(0, end), count)
      onOpen()
    }
    isEnded = readBody(body)
    if (isEnded) socket.destroy()
    else if (number('stall') > 0 && !hasStalled && events[index] > 0) stall(socket)
    else if (number('slow') > 0) slowDown(socket)
  })
  socket.on('error', ignore)
  socket.on('end', () => {
    // Without chunked coding the end of the line is the end of the body.
    if (readBody !== undefined && !/transfer-encoding: chunked/i.test(head)) isEnded = true
  })
  socket.on('close', () => {
    over++
    if (isEnded) total.ended++
    else if (readBody === undefined) total.failed++
    else total.cut++
    openMore()
    if (over === connections) report()
  })
}

function openMore() {
  const mayOpen = () =>
    started < connections &&
    started - total.opened - total.failed < MAX_OPENING &&
    started - over < number('together', connections)
  while (mayOpen()) openOne()
}

function onOpen() {
  total.opened++
  openMore()
  if (total.opened + total.failed < connections) return
  openMs = (nowUs() - start) / 1000
  latenciesFrom = nowUs() + number('skip') * 1000
  latenciesUntil = latenciesFrom + number('watch', Number.POSITIVE_INFINITY) * 1000
  console.log('open')
}

function stall(socket) {
  hasStalled = true
  console.log('stalled')
  socket.pause()
  setTimeout(() => {
    console.log('reads on')
    socket.resume()
  }, number('stall'))
}

/** Reads no more than a line of that speed would have brought by now. */
function slowDown(socket) {
  slowFrom ||= nowUs()
  const isDue = () => ((nowUs() - slowFrom) * number('slow')) / 1e6 - total.wireBytes >= SLOW_READ
  if (isDue()) return
  socket.pause()
  const timer = setInterval(() => {
    if (!isDue()) return
    clearInterval(timer)
    socket.resume()
  }, SLOW_PAUSE_MS)
}

function report() {
  const percentile = (values, part) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? 0
  const { user, system } = process.cpuUsage()
  const result = {
    ...total,
    events: events.reduce((sum, one) => sum + one, 0),
    least: events.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    most: events.reduce((a, b) => Math.max(a, b), 0),
    openMs,
    tookMs: (nowUs() - start) / 1000,
    cpuMs: (user + system) / 1000,
    firstUs: percentile(firstsUs, 0.5),
    latencies: latencies.length,
    p50Us: percentile(latencies, 0.5),
    p99Us: percentile(latencies, 0.99),
    maxUs: latencies.reduce((a, b) => Math.max(a, b), 0),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit())
}

setTimeout(report, number('limit', 60_000)).unref()
if (number('hold')) process.stdin.on('end', report).resume()
openMore()
