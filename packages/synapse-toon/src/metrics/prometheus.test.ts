import { spawnSync } from 'node:child_process'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createPrometheusObserver, type PrometheusObserverOptions } from './prometheus.ts'
import { watchStreams } from './test-kit.ts'

/** Streams and what a scrape says of them. */
function watch(options?: PrometheusObserverOptions) {
  const prometheus = createPrometheusObserver(options)
  return {
    ...prometheus,
    ...watchStreams(prometheus.observer),
    /** Samples without the prefix, those that are 0 left out. */
    async samples(): Promise<Record<string, number>> {
      const lines = (await prometheus.metrics()).split('\n')
      const found = lines.flatMap((line) => {
        const [, name, value] = /^synapse_toon_(\S+) (\S+)$/.exec(line) ?? []
        return name === undefined || value === '0' ? [] : [[name, Number(value)] as const]
      })
      return Object.fromEntries(found)
    },
  }
}

/** Streams of every kind, one after the other. */
async function runEverything(streams: ReturnType<typeof watch>) {
  await streams.complete()
  await streams.fail(new Error('upstream'))
  await streams.stop()
  await streams.leave({ onDisconnect: 'cancel' })
  await streams.wait()
  await streams.comeBack()
  await streams.refuse()
}

describe('createPrometheusObserver', () => {
  it('counts a stream that is complete: times in seconds, bytes, chunks', async () => {
    const { complete, samples } = watch()
    const { bytes, payloads } = await complete()
    const { ...seen } = await samples()
    expect(seen).toMatchObject({
      streams_started_total: 1,
      'streams_ended_total{reason="complete"}': 1,
      time_to_first_chunk_seconds_sum: 0.2,
      time_to_first_byte_seconds_sum: 0.2,
      'time_to_first_byte_seconds_bucket{le="0.2"}': 1,
      time_between_chunks_seconds_count: 2,
      time_between_chunks_seconds_sum: expect.closeTo(0.1, 9),
      stream_duration_seconds_sum: 0.3,
      chunks_total: 3,
      raw_bytes_total: payloads.reduce<number>((sum, one) => sum + JSON.stringify(one).length, 0),
      frame_bytes_total: bytes,
      wire_bytes_total: bytes,
    })
    expect(seen).not.toHaveProperty('active_streams')
    expect(seen).not.toHaveProperty('active_requests')
    expect(seen).not.toHaveProperty('time_to_first_byte_seconds_bucket{le="0.15"}')
  })

  it('shows what is active, and counts chunks while their stream runs, once for all scrapes', async () => {
    const { toon, script, clock, samples } = watch()
    const source = script([{ yield: { delta: 'a' } }, { hang: true }])
    const response = await toon.stream(source)
    await clock.advance(0)
    await samples()
    expect(await samples()).toMatchObject({
      active_streams: 1,
      active_requests: 1,
      chunks_total: 1,
    })
    await response.body!.cancel()
    await toon.shutdown({ drain: 0 })
    expect(await samples()).not.toHaveProperty('active_streams')
    expect(await samples()).not.toHaveProperty('active_requests')
  })

  it('counts an end by its reason', async () => {
    const { fail, stop, samples } = watch()
    await fail(new Error('upstream'))
    await stop()
    expect(await samples()).toMatchObject({
      'streams_ended_total{reason="source-error"}': 1,
      'streams_ended_total{reason="idle-timeout"}': 1,
    })
  })

  it('counts a lost client beside the end of its stream', async () => {
    const { leave, samples } = watch()
    await leave({ onDisconnect: 'continue' })
    expect(await samples()).toMatchObject({ 'connections_lost_total{reason="client-left"}': 1 })
    expect(await samples()).not.toHaveProperty('streams_ended_total{reason="client-left"}')
  })

  it('counts how long a slow client was waited for', async () => {
    const { wait, samples } = watch()
    await wait()
    const seen = await samples()
    expect(seen.blocked_total).toBeGreaterThan(0)
    expect(seen.blocked_seconds_total).toBeCloseTo(0.04, 9)
  })

  it('counts resumes and gaps, and does not take a resume for a first byte', async () => {
    const { comeBack, samples } = watch()
    const { again } = await comeBack()
    const gap = again.events.find(({ event }) => event === 'gap')!
    const { from, to } = JSON.parse(gap.data) as { from: number; to: number }
    expect(await samples()).toMatchObject({
      resumes_total: 1,
      gaps_total: 1,
      gap_records_total: to - from + 1,
      time_to_first_byte_seconds_count: 1,
      'requests_refused_total{status="410"}': 1,
    })
  })

  it('counts what limits refuse, by limit and by status', async () => {
    const { refuse, samples } = watch()
    const { status } = await refuse()
    expect(status).toBe(503)
    const seen = await samples()
    expect(seen['limits_refused_total{limit="streams"}']).toBeGreaterThan(0)
    expect(seen['limits_refused_total{limit="streams"}']).toBe(
      seen['requests_refused_total{status="503"}'],
    )
  })

  it('counts the limits of another implementation together', async () => {
    const { observer, samples } = watch()
    for (const limit of ['tokens', 'money']) {
      observer.refused!({ status: 429, code: undefined, limit })
    }
    expect(await samples()).toMatchObject({ 'limits_refused_total{limit="other"}': 2 })
  })

  it('counts compressed bytes where a connection tells them', async () => {
    const { observer, samples } = watch()
    const connection = { status: 200, streamId: 'a', reason: undefined, lost: undefined, chunks: 9 }
    const times = { ttfbMs: 1, durationMs: 1, blockedMs: 0, resumedAfter: undefined }
    const wire = { encoding: 'gzip', state: 'active', bytes: 40 } as const
    observer.disconnected!({ ...connection, ...times, bytes: 1000, wire })
    observer.disconnected!({ ...connection, ...times, bytes: 5 })
    expect(await samples()).toMatchObject({
      frame_bytes_total: 1005,
      wire_bytes_total: 45,
      'compressed_connections_total{state="active"}': 1,
    })
  })
})

describe('series', () => {
  it('are there at 0 before anything happens, for every reason and limit', async () => {
    const { metrics } = watch()
    const text = await metrics()
    for (const reason of ['complete', 'source-error', 'stalled-client', 'producer-lost']) {
      expect(text).toContain(`\nsynapse_toon_streams_ended_total{reason="${reason}"} 0\n`)
    }
    expect(text).toContain('\nsynapse_toon_limits_refused_total{limit="streams-per-user"} 0\n')
    expect(text).toContain('\nsynapse_toon_connections_lost_total{reason="overflow"} 0\n')
  })

  it('do not grow with streams or users', async () => {
    const streams = watch()
    await runEverything(streams)
    const before = (await streams.metrics()).split('\n').length
    for (let user = 0; user < 50; user++) await streams.complete(undefined, `user-${user}`)
    expect((await streams.metrics()).split('\n')).toHaveLength(before)
  })

  it('carry the constant labels, and the prefix', async () => {
    const { complete, metrics } = watch({ prefix: 'chat_', labels: { service: 'a' } })
    await complete()
    const samples = (await metrics()).split('\n').filter((line) => line !== '' && line[0] !== '#')
    for (const line of samples) expect(line).toMatch(/^chat_[a-z_]+\{[^}]*service="a"[^}]*\} /)
  })

  it.each(['reason', 'limit', 'status', 'state', 'le'])(
    'cannot have %s as a constant label',
    (label) => {
      expect(() => createPrometheusObserver({ labels: { [label]: 'a' } })).toThrow(
        `labels.${label}`,
      )
    },
  )

  it('can live in a registry with others', async () => {
    const registry = new Registry()
    const { contentType, metrics } = createPrometheusObserver({ registry })
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await metrics()).toBe(await registry.metrics())
  })
})

it('keeps nothing of a stream that has ended: 200 of them make a scrape no longer and leave none active', async () => {
  const { observer, registry, samples } = watch()
  const at = (elapsedMs: number) => ({ principal: undefined, chunks: 1, bytes: 9, elapsedMs })
  for (let index = 0; index < 200; index++) {
    const streamId = `${index}`
    observer.opened!({ streamId, ...at(0) })
    observer.chunk!({ streamId, ...at(10) })
    const end = {
      reason: 'complete' as const,
      error: undefined,
      firstPayloadMs: 10,
      usage: undefined,
    }
    observer.ended!({ streamId, ...at(20), ...end })
    // Late, and again: of a stream that is over nothing is known any more.
    observer.chunk!({ streamId, ...at(30) })
  }
  expect(await samples()).toMatchObject({ chunks_total: 200, streams_started_total: 200 })
  expect(await samples()).not.toHaveProperty('active_streams')
  expect(await samples()).not.toHaveProperty('time_between_chunks_seconds_count')
  const active = registry.getSingleMetric('synapse_toon_active_streams')!
  expect((await active.get()).values).toMatchObject([{ value: 0 }])
})

it('is what Prometheus reads: promtool finds no fault in a scrape of real streams', async () => {
  const streams = watch({ labels: { service: 'chat' } })
  await runEverything(streams)
  const text = await streams.metrics()
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  expect(`${checked.stdout}${checked.stderr}`).toBe('')
  expect(checked.status).toBe(0)
  const broken = spawnSync('promtool', ['check', 'metrics'], {
    input: `${text}x{ 1`,
    encoding: 'utf8',
  })
  expect(broken.status).not.toBe(0)
})
