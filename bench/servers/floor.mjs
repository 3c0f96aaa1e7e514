// What no library can be faster than, of those that write `JSON.stringify`'s text to Node's sockets: each
// event is made into text, those of a turn are one string, and each connection is written to once, below
// the response and the socket, to its handle. No heartbeats, no deadlines, no ids to come back with,
// errors are not looked at and nothing is let go of: a yardstick, not a server.
import { produce, workOf } from '../workload.mjs'
import { serve } from './serve.mjs'

let ready = []
function flushAll() {
  const all = ready
  ready = []
  for (const line of all) line.flush()
}

// What Node makes for each write, and asks again only where the system did not take all at once.
const { WriteWrap } = process.binding('stream_wrap')
let request = new WriteWrap()

class Line {
  /** Settles when the network has taken all; undefined where it has. */
  room
  #socket
  #waiting = ''

  constructor(socket) {
    this.#socket = socket
  }

  add(text) {
    if (this.#waiting === '' && ready.push(this) === 1) process.nextTick(flushAll)
    this.#waiting += text
  }

  flush() {
    const text = this.#waiting
    if (text === '') return
    this.#waiting = ''
    const handle = this.#socket._handle
    handle.writeLatin1String(request, `${text.length.toString(16)}\r\n${text}\r\n`)
    if (handle.writeQueueSize === 0) return
    request = new WriteWrap()
    // Behind what is on its way.
    this.room = new Promise((resolve) => this.#socket.write('', resolve))
  }
}

serve(async (req, res) => {
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
  })
  res.flushHeaders()
  const { socket } = res
  const line = new Line(socket)
  let n = 0
  for await (const event of produce(workOf(req.url))) {
    line.add(`id: ${++n}\nevent: update\ndata: ${JSON.stringify(event)}\n\n`)
    if (line.room !== undefined) {
      await line.room
      line.room = undefined
    }
  }
  line.flush()
  res.end('event: done\ndata: {}\n\n')
})
