import { expect } from 'chai'
import { describe, it } from 'mocha'
import { registry } from '../../../src/telemetry/registry.ts'

describe('metrics in the text format of Prometheus', () => {
  it('counters, gauges and histograms, with their help and kind', () => {
    const all = registry()
    const logins = all.counter<'stage'>({ name: 'logins_total', help: 'Logins.', labels: ['stage'] })
    const open = all.gauge({ name: 'open', help: 'Open now.', labels: [] })
    const took = all.histogram({ name: 'took_seconds', help: 'It took.', labels: [], bounds: [0.1, 1] })
    logins.add({ stage: 'started' })
    logins.add({ stage: 'started' }, 2)
    open.set({}, 3)
    for (const seconds of [0.1, 0.25, 8]) took.observe({}, seconds)
    all.reads({ name: 'read_total', help: 'Read when asked.', labels: ['of'], kind: 'counter' }, () => [[{ of: 'all' }, 7]])
    expect(all.text()).to.equal(
      [
        '# HELP logins_total Logins.',
        '# TYPE logins_total counter',
        'logins_total{stage="started"} 3',
        '# HELP open Open now.',
        '# TYPE open gauge',
        'open 3',
        '# HELP took_seconds It took.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{le="0.1"} 1',
        'took_seconds_bucket{le="1"} 2',
        'took_seconds_bucket{le="+Inf"} 3',
        'took_seconds_sum 8.35',
        'took_seconds_count 3',
        '# HELP read_total Read when asked.',
        '# TYPE read_total counter',
        'read_total{of="all"} 7',
        '',
      ].join('\n'),
    )
  })

  it('a label cannot end itself, its line or its metric', () => {
    const all = registry()
    all.counter<'who'>({ name: 'n_total', help: 'N.', labels: ['who'] }).add({ who: 'a"} 1\n\\b' })
    expect(all.text().split('\n')[2]).to.equal('n_total{who="a\\"} 1\\n\\\\b"} 1')
  })

  it('however many labels come, series have an end, and nothing is lost', () => {
    const all = registry()
    const n = all.counter<'who'>({ name: 'n_total', help: 'N.', labels: ['who'], seriesMax: 3 })
    for (let who = 0; who < 1000; who += 1) n.add({ who: String(who) })
    n.add({ who: '1' })
    const lines = all.text().split('\n').slice(2, -1)
    expect(lines).to.deep.equal([
      'n_total{who="0"} 1',
      'n_total{who="1"} 2',
      'n_total{who="2"} 1',
      'n_total{otel_metric_overflow="true"} 997',
    ])
  })
})
