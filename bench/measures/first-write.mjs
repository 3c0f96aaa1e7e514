import { load } from '../load.mjs'
import { median } from '../statistics.mjs'

const STREAMS = 1000

/** From the source's first chunk to the socket: what we add to the time to the first token. */
export const firstWrite = {
  name: 'first-write',
  title: "From a source's first chunk to the write to the socket, one stream at a time",
  columns: [{ key: 'us', title: 'p50', unit: 'µs' }],
  rounds: 5,
  takes: ({ compresses }) => !compresses,
  async sample(server) {
    if (!server.isWatched) await server.ask('watchFirstWrites')
    server.isWatched = true
    await server.ask('firstWrites')
    await load({
      port: server.port,
      connections: STREAMS,
      work: { mode: 'turn', events: 1 },
      options: { together: 1 },
    })
    return { us: median(await server.ask('firstWrites')) }
  },
}
