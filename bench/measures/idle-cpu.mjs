import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from '../load.mjs'

/** A whole heartbeat period: all contenders send one every 15 s. */
const WATCH_MS = 15_000

/** What 10,000 open lines cost while nothing happens but heartbeats. */
export const idleCpu = {
  name: 'idle-cpu',
  title: '10,000 idle connections with a heartbeat every 15 s',
  columns: [
    { key: 'cpuMs', title: 'processor', unit: 'ms/s' },
    { key: 'mib', title: 'memory', unit: 'MiB', digits: 0 },
  ],
  rounds: 2,
  fresh: true,
  takes: ({ heartbeats }) => heartbeats === true,
  async sample(server) {
    const running = startLoad({
      port: server.port,
      connections: 10_000,
      work: { mode: 'idle' },
      options: { hold: 1, limit: 120_000 },
    })
    await running.open
    await server.residentBytes()
    await sleep(1000)
    const before = await server.cpuUs()
    await sleep(WATCH_MS)
    const cpuMs = ((await server.cpuUs()) - before) / WATCH_MS
    const mib = (await server.residentBytes()) / 1024 / 1024
    running.letGo()
    const { opened } = await running.result
    if (opened !== 10_000) throw new Error(`${opened} of 10,000 connections were open`)
    return { cpuMs, mib }
  },
}
