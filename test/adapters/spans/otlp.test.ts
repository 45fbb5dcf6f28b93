import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { otlpSpans } from '../../../adapters/spans/otlp/otlp-spans.ts'
import type { Log, Span, Spans } from '../../../domain/ports.ts'
import { until } from '../../support/broker.ts'
import { startCollector, type Collector } from '../../support/collector.ts'
import { systemTimers } from '../../support/given.ts'

const span = (number: number, more: Partial<Span> = {}): Span => ({
  traceId: '0123456789abcdef0123456789abcdef',
  spanId: number.toString(16).padStart(16, '0'),
  name: 'append',
  kind: 'client',
  startMs: 1_795_527_346_123.25,
  endMs: 1_795_527_346_124,
  attributes: { 'idp.events': 'CodeIssued', 'http.response.status_code': 200 },
  failed: false,
  ...more,
})

describe('spans by OTLP/HTTP', () => {
  let collector: Collector
  let told: string[]
  let spans: Spans
  /** A second of waiting is over at once where a test says so. */
  let turn: () => void

  beforeEach(async () => {
    collector = await startCollector()
    told = []
    const log: Log = {
      info: (event) => void told.push(event),
      warn: (event) => void told.push(event),
      error: (event) => void told.push(event),
    }
    turn = () => undefined
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
      ms > 1000
        ? systemTimers.sleep(ms, signal)
        : new Promise((resolve) => {
            turn = resolve
            signal?.addEventListener('abort', () => resolve(), { once: true })
          })
    spans = otlpSpans({ url: collector.url, version: '0.1.0', timers: { sleep }, log })
  })

  afterEach(async () => {
    await spans.close()
    await collector.close()
  })

  const brought = (): Promise<unknown> => until('it was counted', () => spans.counts().sent + spans.counts().dropped > 0)

  it('in the form of the protocol: ids, nanoseconds, attributes, links, status', async () => {
    spans.add(span(1, { parentSpanId: 'f'.repeat(16), link: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }, failed: true }))
    turn()
    await brought()
    expect(collector.spans()).to.deep.equal([
      {
        traceId: '0123456789abcdef0123456789abcdef',
        spanId: '0000000000000001',
        parentSpanId: 'ffffffffffffffff',
        name: 'append',
        kind: 3,
        startTimeUnixNano: '1795527346123250000',
        endTimeUnixNano: '1795527346124000000',
        attributes: [
          { key: 'idp.events', value: { stringValue: 'CodeIssued' } },
          { key: 'http.response.status_code', value: { intValue: '200' } },
        ],
        links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
        status: { code: 2 },
      },
    ])
  })

  it('what it cannot hold is dropped and counted, and nobody waits', () => {
    for (let number = 0; number < 3000; number += 1) spans.add(span(number))
    expect(spans.counts()).to.deep.equal({ sent: 0, dropped: 3000 - 2048 })
  })

  it('a collector that refuses, or leads elsewhere, is told of in one line, and spans are not kept for it', async () => {
    for (const status of [503, 302]) {
      collector.answer(status)
      const before = spans.counts().dropped
      spans.add(span(status))
      turn()
      await until('it was dropped', () => spans.counts().dropped > before)
    }
    expect(collector.bodies, 'a redirect is not followed').to.have.length(2)
    collector.answer(200)
    spans.add(span(3))
    await until('the next turn', () => {
      turn()
      return spans.counts().sent > 0
    })
    expect(told).to.deep.equal(['spans_not_brought', 'spans_brought_again'])
  })

  it('what it holds at the end is brought away, and a collector that hangs keeps nobody', async () => {
    for (let number = 0; number < 600; number += 1) spans.add(span(number))
    await spans.close()
    expect([collector.bodies.length, collector.spans().length]).to.deep.equal([3, 600])
    const hanging = otlpSpans({
      url: collector.url,
      version: '0',
      timers: systemTimers,
      log: { info: () => 0, warn: () => 0, error: () => 0 },
    })
    collector.answer(0)
    hanging.add(span(1))
    await hanging.close()
    expect(hanging.counts()).to.deep.equal({ sent: 0, dropped: 1 })
  })

  it('plain http goes to this machine only', () => {
    const open = (url: string) => () => otlpSpans({ url, version: '0', timers: systemTimers, log: { info: () => 0 } as never })
    for (const url of ['http://collector.example/v1/traces', 'ftp://127.0.0.1/', 'https://user:word@collector.example/'])
      expect(open(url), url).to.throw('traces.url')
  })
})
