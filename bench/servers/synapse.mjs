import { createSynapseToon } from 'synapse-toon'
import { produce, workOf } from '../workload.mjs'
import { serve } from './serve.mjs'

const toon = createSynapseToon({ resume: false })

serve((req, res) => toon.pipe(() => produce(workOf(req.url)), { req, res }))
