// The library, as it was built; `BENCH_LIBRARY` names another build to compare with, `BENCH_RESUME`
// asks for the default: streams that can be resumed. No peer has that.
import { produce, workOf } from '../workload.mjs'
import { serve } from './serve.mjs'

const { BENCH_LIBRARY, BENCH_RESUME } = process.env
const { createSynapseToon } = await (BENCH_LIBRARY === undefined
  ? import('synapse-toon')
  : import(BENCH_LIBRARY))

const resume = BENCH_RESUME === '1'
// The processor is the bottleneck in most measures: that of compression is what it costs.
const toon = createSynapseToon({ resume, onDisconnect: 'cancel', compressWhenBusy: true })

/** As the ready one for `{ delta }`; `t` stays the oldest's, so that the lag shows. */
const merge = (first, second) =>
  first.delta === undefined ? undefined : { t: first.t, delta: first.delta + second.delta }

serve((req, res) => {
  const work = workOf(req.url)
  const slowClient = work.query.get('slowClient')
  const policy = slowClient === null ? {} : { slowClient, merge }
  return toon.pipe(() => produce(work), { req, res, ...policy })
})
