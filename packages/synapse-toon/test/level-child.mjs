// A process that writes to a level log until it is killed: `node level-child.mjs DIRECTORY RUN`.
// Says on a line of its own what is sure to be stored: `flushed STREAM RECORDS` or `ended STREAM RECORDS`.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createLevelLog } from '../dist/level.js'

const STREAMS = 8

const [directory, run] = process.argv.slice(2)
const log = await createLevelLog({ directory })
let made = 0

while (true) await Promise.all(Array.from({ length: STREAMS }, produce))

async function produce() {
  const streamId = `${run}-${made++}`
  const writer = await log.create(streamId, { principal: run })
  writer.listen({ onRoom() {}, onCancel() {}, onLost() {} })
  const records = 20 + Math.floor(Math.random() * 300)
  while (writer.lastSeq < records) {
    for (let count = Math.random() * 20; count > 0; count--) {
      const seq = writer.lastSeq + 1
      // As `recordAt` of the test, which knows what to expect.
      const json = JSON.stringify(`${streamId} ${seq} ${'é'.repeat((seq * 31) % 90)}`)
      writer.append({ seq, event: 'update', json })
    }
    if (Math.random() < 0.3) say('flushed', writer)
    await nextTurn()
  }
  const seq = writer.lastSeq + 1
  writer.append({ seq, event: 'done', json: '{"reason":"complete"}' })
  await say('ended', writer)
}

async function say(what, writer) {
  const { streamId, lastSeq } = writer
  await writer.flushed()
  // Synchronous for a pipe: said before it is killed, or not at all.
  process.stdout.write(`${what} ${streamId} ${lastSeq}\n`)
}
