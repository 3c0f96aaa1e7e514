import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { END_REASONS } from './end-reasons.ts'
import { createPrometheusObserver } from './prometheus.ts'
import { promtool } from './promtool.ts'

const ROOT = new URL('../../../../', import.meta.url)
const read = (file: string) => readFile(new URL(file, ROOT), 'utf8')

interface Panel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly datasource: { readonly uid: string }
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly targets: readonly {
    readonly expr: string
    readonly datasource: { readonly uid: string }
  }[]
}

interface Dashboard {
  readonly schemaVersion: number
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string }[]
  }
  readonly panels: readonly Panel[]
}

const dashboard = async () => JSON.parse(await read('deploy/grafana-dashboard.json')) as Dashboard

/** Every series name that a scrape can have. */
async function seriesNames(): Promise<Set<string>> {
  const metrics = await createPrometheusObserver().registry.getMetricsAsJSON()
  return new Set(
    metrics.flatMap(({ name, type }) =>
      `${type}` === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    ),
  )
}

const namesIn = (text: string) => [...text.matchAll(/\bsynapse_toon_\w+/g)].map(([name]) => name)

/** Queries of the document: each begins at the start of a line that is no comment. */
async function documentedQueries(): Promise<string[]> {
  const [, block] = /```promql\n(.*?)```/s.exec(await read('docs/metrics-analytics.md'))!
  const lines = block!.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.join('\n').split(/\n(?=\S)/)
}

/** Lets Prometheus's own parser read expressions. */
async function expectPromQL(expressions: readonly string[]) {
  const rules = expressions.map((expr, index) => ({ record: `query_${index}`, expr }))
  const checked = await promtool(['check', 'rules'], { groups: [{ name: 'queries', rules }] })
  expect(checked.stderr).toBe('')
  expect(checked.stdout).toContain(`${expressions.length} rules found`)
}

describe.each([
  ['the dashboard', 'deploy/grafana-dashboard.json'],
  ['the alert rules', 'deploy/prometheus-alerts.yml'],
  ['the document', 'docs/metrics-analytics.md'],
])('%s', (_what, file) => {
  it('names no series and no end reason that we do not emit', async () => {
    const text = await read(file)
    const series = await seriesNames()
    // The document also names histograms as a whole.
    const known = (name: string) =>
      series.has(name) ||
      (file.endsWith('.md') && (series.has(`${name}_sum`) || name === 'synapse_toon_'))
    expect(namesIn(text).filter((name) => !known(name))).toEqual([])
    expect(namesIn(text).length).toBeGreaterThan(5)
    const reasons = [...text.matchAll(/reason=~\\?"([a-z|-]+)/g)].flatMap(([, list]) =>
      list!.split('|'),
    )
    expect(reasons.length).toBeGreaterThan(0)
    expect(reasons.filter((reason) => !(END_REASONS as string[]).includes(reason))).toEqual([])
  })
})

describe('the dashboard', () => {
  it('has panels that do not overlap, each with a title, a text and the chosen data source', async () => {
    const { schemaVersion, templating, panels } = await dashboard()
    expect(schemaVersion).toBeGreaterThanOrEqual(36)
    expect(templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }])
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { title, description, datasource, gridPos, targets } of panels) {
      expect(title && description).toBeTruthy()
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (const one of [{ datasource }, ...targets])
        expect(one.datasource.uid).toMatch(/^\$\{datasource\}$/)
    }
  })

  it('shows every metric', async () => {
    const { panels } = await dashboard()
    const shown = namesIn(
      panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'),
    )
    const metrics = await createPrometheusObserver().registry.getMetricsAsJSON()
    const hidden = metrics.filter(({ name }) => !shown.some((series) => series.startsWith(name)))
    expect(hidden.map(({ name }) => name)).toEqual([])
  })

  it('asks in PromQL that Prometheus can read', async () => {
    const { panels } = await dashboard()
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
    await expectPromQL(asked.map((expr) => expr.replaceAll('$__rate_interval', '5m')))
  })
})

it('the document asks in PromQL that Prometheus can read', async () => {
  const queries = await documentedQueries()
  expect(queries.length).toBeGreaterThan(15)
  await expectPromQL(queries)
})
