import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { promtool } from './promtool.ts'

const ROOT = new URL('../../../../', import.meta.url)
const ALERTS = fileURLToPath(new URL('deploy/prometheus-alerts.yml', ROOT))
const read = (file: string) => readFile(new URL(file, ROOT), 'utf8')

/** Series that grow by so much a minute; a gauge stays at its value. */
interface Case {
  readonly alert: string
  readonly fires: Record<string, string>
  readonly rests: Record<string, string>
}

const ended = (reason: string) => `synapse_toon_streams_ended_total{reason="${reason}"}`
const firstByte = (le: string) => `synapse_toon_time_to_first_byte_seconds_bucket{le="${le}"}`

const CASES: Case[] = [
  {
    alert: 'SynapseToonStreamsFail',
    fires: { [ended('complete')]: '0+90x60', [ended('idle-timeout')]: '0+10x60' },
    rests: { [ended('complete')]: '0+60x60', [ended('client-left')]: '0+40x60' },
  },
  {
    alert: 'SynapseToonFirstByteIsSlow',
    fires: {
      [firstByte('5')]: '0+90x60',
      [firstByte('10')]: '0+100x60',
      [firstByte('+Inf')]: '0+100x60',
    },
    rests: {
      [firstByte('2')]: '0+96x60',
      [firstByte('5')]: '0+100x60',
      [firstByte('+Inf')]: '0+100x60',
    },
  },
  {
    alert: 'SynapseToonNothingFinishes',
    fires: { synapse_toon_active_streams: '3x60', [ended('complete')]: '7x60' },
    rests: { synapse_toon_active_streams: '3x60', [ended('complete')]: '0+1x60' },
  },
  {
    alert: 'SynapseToonClientsAreSlow',
    fires: {
      synapse_toon_blocked_seconds_total: '0+30x60',
      synapse_toon_stream_duration_seconds_sum: '0+100x60',
    },
    rests: {
      synapse_toon_blocked_seconds_total: '0+10x60',
      synapse_toon_stream_duration_seconds_sum: '0+100x60',
    },
  },
  {
    alert: 'SynapseToonLimitsRefuse',
    fires: {
      'synapse_toon_limits_refused_total{limit="streams"}': '0+30x60',
      synapse_toon_streams_started_total: '0+70x60',
    },
    rests: {
      'synapse_toon_limits_refused_total{limit="streams"}': '0+10x60',
      synapse_toon_streams_started_total: '0+90x60',
    },
  },
  {
    alert: 'SynapseToonClientsMissEvents',
    fires: { synapse_toon_gaps_total: '0+1x60' },
    rests: { synapse_toon_gaps_total: '4x60' },
  },
]

describe('the alert rules', () => {
  it('are rules to promtool', () => {
    const { stdout, status } = spawnSync('promtool', ['check', 'rules', ALERTS], {
      encoding: 'utf8',
    })
    expect(stdout).toContain(`SUCCESS: ${CASES.length} rules found`)
    expect(status).toBe(0)
  })

  it('are all in the document, and no others', async () => {
    const alerts = [...(await read('deploy/prometheus-alerts.yml')).matchAll(/alert: (\w+)/g)]
    const documented = [
      ...(await read('docs/metrics-analytics.md')).matchAll(/^\| `(SynapseToon\w+)`/gm),
    ]
    const named = alerts.map(([, name]) => name)
    expect(documented.map(([, name]) => name)).toEqual(named)
    expect(CASES.map(({ alert }) => alert)).toEqual(named)
  })

  it('fire on what they are for, and on nothing else, by the engine of Prometheus', async () => {
    // promtool compares texts too, which are written for people: only what fires is asked for.
    const at = (given: Record<string, string>, alert: string, fires: boolean) => ({
      interval: '1m',
      input_series: Object.entries(given).map(([series, values]) => ({ series, values })),
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
          eval_time: '50m',
          exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }],
        },
      ],
    })
    const tests = CASES.flatMap(({ alert, fires, rests }) => [
      at(fires, alert, true),
      at(rests, alert, false),
      at({}, alert, false),
    ])
    const content = { rule_files: [ALERTS], evaluation_interval: '1m', tests }
    const { stdout, stderr, status } = await promtool(['test', 'rules'], content)
    expect(`${stdout}${stderr}`).toContain('SUCCESS')
    expect(status).toBe(0)
  })
})
