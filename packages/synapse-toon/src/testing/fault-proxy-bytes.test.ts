import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  listenTcp,
  makeBytes,
  openLine,
  startProxy,
  type TestLine,
} from '../../test/fault-proxy-kit.ts'
import { nextTurn } from '../time/turn.ts'
import { createFakeClock } from './fake-clock.ts'
import type { Fault } from './fault-proxy-fault.ts'

const ms = fc.integer({ min: 0, max: 2000 })
const trigger = {
  after: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400_000 })),
  of: fc.constantFrom('up' as const, 'down' as const),
}

const cuts = fc
  .tuple(fc.constantFrom('fin' as const, 'rst' as const), fc.record(trigger, { requiredKeys: [] }))
  .map(([cut, rest]): Fault => ({ cut, ...rest }))

/** Slow enough to matter, fast enough for a run of a few hundred steps. */
const rates = fc.oneof(fc.constant(0), fc.integer({ min: 50_000, max: 5_000_000 }))

const harmless: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .record({ ...trigger, forMs: ms }, { requiredKeys: [] })
    .map((rest): Fault => ({ stall: true, ...rest })),
  fc.constant<Fault>({ resume: true }),
  rates.map((throttle): Fault => ({ throttle })),
  ms.map((delay): Fault => ({ delay })),
)

/** A fault, and the step of the run at which it is applied. */
const steps = (faults: fc.Arbitrary<Fault>) =>
  fc.array(fc.record({ fault: faults, step: fc.integer({ min: 0, max: 40 }) }), { maxLength: 8 })

const sizes = fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 400_000 }))

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Sends in pieces, and ends its half. */
function send({ socket }: TestLine, bytes: Buffer, piece: number): void {
  for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece))
  socket.end()
}

/** Both sides send under faults, until both lines are closed; then it is looked at what came. */
async function run(
  plan: Fault[],
  later: { fault: Fault; step: number }[],
  upBytes: number,
  downBytes: number,
  piece: number,
) {
  const clock = createFakeClock()
  const [up, down] = [makeBytes(upBytes, 1), makeBytes(downBytes, 2)]
  const target = await listenTcp((line) => send(line, down, piece), true)
  const proxy = await startProxy({ target: { port: target.port }, clock, plan: () => plan })
  const client = openLine(proxy.port, true)
  send(client, up, piece)
  const isOver = () => [client, ...target.lines].every(({ socket }) => socket.closed)
  for (let step = 0; !isOver(); step++) {
    for (const one of later) if (one.step === step) proxy.apply(one.fault)
    // For stalls without an end, which may begin late.
    if (step >= 60) proxy.apply({ resume: true })
    if (step === 5000) throw new Error(`stuck: ${proxy.held} held, ${JSON.stringify(proxy.bytes)}`)
    await clock.advance(100)
    // The fake clock waits for nobody; the network's turns are real.
    for (let turn = 0; turn < 5; turn++) await nextTurn()
  }
  await proxy.close()
  await target.close()
  const { cut } = proxy.faults
  return { up, down, cut, gotUp: target.lines[0]?.received, gotDown: client.received }
}

/** Compared by hash, so that a failure prints a line and not megabytes. */
function expectPrefix(got: Buffer, sent: Buffer): void {
  expect(got.length).toBeLessThanOrEqual(sent.length)
  expect(hash(got)).toBe(hash(sent.subarray(0, got.length)))
}

it('what arrives is a prefix of what was sent, both ways, under any faults', async () => {
  const any = fc.oneof(harmless, cuts)
  const property = fc.asyncProperty(
    fc.array(any, { maxLength: 5 }),
    steps(any),
    sizes,
    sizes,
    fc.integer({ min: 100, max: 70_000 }),
    async (...input) => {
      const { up, down, cut, gotUp = Buffer.alloc(0), gotDown } = await run(...input)
      expectPrefix(gotUp, up)
      expectPrefix(gotDown, down)
      if (cut > 0) return
      expect(gotUp.length).toBe(up.length)
      expect(gotDown.length).toBe(down.length)
    },
  )
  await fc.assert(property, { numRuns: 60 })
}, 60_000)

it('without a cut all arrives, whatever stalls, throttles and delays there are', async () => {
  const property = fc.asyncProperty(
    fc.array(harmless, { maxLength: 5 }),
    steps(harmless),
    sizes,
    sizes,
    fc.integer({ min: 100, max: 70_000 }),
    async (...input) => {
      const { up, down, gotUp, gotDown } = await run(...input)
      expect(hash(gotUp!)).toBe(hash(up))
      expect(hash(gotDown)).toBe(hash(down))
    },
  )
  await fc.assert(property, { numRuns: 60 })
}, 60_000)
