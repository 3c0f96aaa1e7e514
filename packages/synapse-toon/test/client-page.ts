import { EventSource, openStream } from '../src/client/index.ts'
import { runCase } from './client-runner.ts'

/** The script of a test page: what `page.evaluate` calls. */
Object.assign(globalThis, { runCase, synapse: { EventSource, openStream } })
