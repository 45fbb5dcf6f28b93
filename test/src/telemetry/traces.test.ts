import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { linkOf, traceOf, tracing } from '../../../src/telemetry/tracing.ts'
import type { Span } from '../../../domain/ports.ts'
import { until } from '../../support/broker.ts'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { systemChance } from '../../support/chance.ts'
import { startCollector, type CollectedSpan, type Collector } from '../../support/collector.ts'
import { handClock } from '../../support/hand-clock.ts'
import { accept, begin, callbackOf, newParty, PERSON, redeem, register, userinfo, type Party } from '../../support/rp.ts'
import { send } from '../../support/scripted-browser.ts'

const attribute = ({ attributes }: CollectedSpan, key: string): string | undefined =>
  attributes.find((one) => one.key === key)?.value.stringValue

describe('one trace a login (OpenTelemetry)', function () {
  this.timeout(60_000)
  let collector: Collector
  let here: BrokerHere
  let shop: Party
  let transaction: string
  let spans: readonly CollectedSpan[]

  before(async () => {
    collector = await startCollector()
    here = await brokerHere({
      env: { ESIGNET_TRACES_URL: collector.url, ESIGNET_TRACES_FROM_PROXIES: 'true', ESIGNET_TRUSTED_PROXIES: '127.0.0.1,::1' },
    })
    shop = await register(here, await newParty('shop'))
    const begun = await begin(here, shop, { via: 'par' })
    transaction = begun.transaction
    const { browser } = begun
    const otpPage = await browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'otp' } })
    const consent = await browser.submit(otpPage, 'form-otp', { values: { otp: await here.otpOf(transaction) } })
    const code = callbackOf(await accept(browser, consent)).searchParams.get('code') ?? ''
    const { json } = await redeem(here, shop, { ...begun, code })
    expect((await userinfo(here, String(json['access_token']))).status).to.equal(200)
    await here.broker.close()
    spans = collector.spans().filter((span) => span.traceId === traceOf(transaction).traceId)
  })

  after(async () => {
    await here.end()
    await collector.close()
  })

  it('holds doors, decisions, appends and calls of the plugin, from the first request to the last', () => {
    const names = spans.map(({ name }) => name)
    for (const name of [
      'POST /v1/esignet/oauth/par',
      'GET /authorize',
      'POST /login/:transaction/:step',
      'POST /v1/esignet/oauth/v2/token',
      'GET /v1/esignet/oidc/userinfo',
      'decide StartAuthorization',
      'decide ReportSent',
      'decide ExchangeToken',
      'append',
      'plugin send',
      'plugin verify',
      'plugin release',
    ])
      expect(names, names.join(', ')).to.include(name)
  })

  it('is a tree: its root is the span in which the login began, and every other one hangs on one of them', () => {
    const { rootId } = traceOf(transaction)
    const ids = new Set(spans.map(({ spanId }) => spanId))
    expect(ids.size).to.equal(spans.length)
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined)
    expect(roots.map(({ spanId }) => spanId)).to.deep.equal([rootId])
    for (const { name, parentSpanId } of spans) if (parentSpanId !== undefined) expect(ids.has(parentSpanId), name).to.equal(true)
    const verify = spans.find(({ name }) => name === 'plugin verify')
    const door = spans.find(({ spanId }) => spanId === verify?.parentSpanId)
    expect(door?.name).to.equal('POST /login/:transaction/:step')
    expect(attribute(door!, 'idp.tx.ref')).to.equal(transaction)
    for (const { startTimeUnixNano, endTimeUnixNano } of spans) expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).to.equal(true)
  })

  it('what belongs to no login is not sent', () => {
    expect(collector.spans().filter(({ traceId }) => traceId !== traceOf(transaction).traceId)).to.deep.equal([])
  })
})

describe('traces of proxies, samples and what fails', () => {
  const TRANSACTION = 'tx_0123456789abcdefghjkmnpq'
  const SENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }

  it('a traceparent is read by its form, and one of zeros is none', () => {
    expect(linkOf(`00-${SENT.traceId}-${SENT.spanId}-01`)).to.deep.equal(SENT)
    for (const wrong of [
      undefined,
      '',
      `00-${'0'.repeat(32)}-${SENT.spanId}-01`,
      `00-${SENT.traceId}-${'0'.repeat(16)}-01`,
      `01-${SENT.traceId}-${SENT.spanId}-01`,
      `00-${SENT.traceId.toUpperCase()}-${SENT.spanId}-01`,
      `00-${SENT.traceId}-${SENT.spanId}-01-x`,
    ])
      expect(linkOf(wrong), wrong).to.equal(undefined)
  })

  it('only where the operator believes the proxy: its span is linked, never the parent', async () => {
    const collector = await startCollector()
    const headers = { traceparent: `00-${SENT.traceId}-${SENT.spanId}-01` }
    for (const [env, believed] of [
      [{ ESIGNET_TRACES_FROM_PROXIES: 'true', ESIGNET_TRUSTED_PROXIES: '127.0.0.1,::1' }, true],
      [{ ESIGNET_TRACES_FROM_PROXIES: 'true' }, false],
      [{ ESIGNET_TRUSTED_PROXIES: '127.0.0.1,::1' }, false],
    ] as const) {
      const before = collector.spans().length
      const here = await brokerHere({ env: { ...env, ESIGNET_TRACES_URL: collector.url } })
      // Any login that is named by its own form: nothing has to be there.
      await send(here.issuer, { path: `/login/${TRANSACTION}`, headers })
      await here.end()
      const [span, ...others] = collector.spans().slice(before)
      expect(others).to.deep.equal([])
      expect(span?.links).to.deep.equal(believed ? [SENT] : undefined)
      expect(span?.traceId).to.equal(traceOf(TRANSACTION).traceId)
    }
    await collector.close()
  }).timeout(30_000)

  it('a sample holds whole logins, the same ones everywhere', async () => {
    const pick = async (perThousand: number): Promise<ReadonlySet<string>> => {
      const made: Span[] = []
      const { span } = tracing({
        ...{ clock: handClock(), chance: systemChance, elapsedMs: () => 0, perThousand },
        spans: { add: (one) => void made.push(one) },
      })
      for (let number = 0; number < 2000; number += 1) {
        const piece = { kind: 'internal', transaction: `tx_${String(number)}`, attributes: {} } as const
        await span(
          { ...piece, name: 'outer' },
          () =>
            span(
              { ...piece, name: 'inner' },
              async () => 1,
              () => ({ attributes: {} }),
            ),
          () => ({ attributes: {} }),
        )
      }
      const traces = new Set(made.map(({ traceId }) => traceId))
      expect(made.length).to.equal(2 * traces.size)
      return traces
    }
    const [none, some, more, all] = [await pick(0), await pick(100), await pick(300), await pick(1000)]
    expect([none.size, all.size]).to.deep.equal([0, 2000])
    expect(some.size).to.be.within(130, 270)
    expect([...some].every((trace) => more.has(trace))).to.equal(true)
  })

  it('a failure of no login is told, and what throws goes on to be thrown', async () => {
    const made: Span[] = []
    const { span } = tracing({
      ...{ clock: handClock(), chance: systemChance, elapsedMs: () => 0, perThousand: 1000 },
      spans: { add: (one) => void made.push(one) },
    })
    const outcome = await span(
      { name: 'door', kind: 'server', attributes: {} },
      () => Promise.reject(new Error('lost')),
      () => ({ attributes: {} }),
    ).catch((error: unknown) => (error as Error).message)
    expect(outcome).to.equal('lost')
    expect(made.map(({ name, failed, parentSpanId }) => [name, failed, parentSpanId])).to.deep.equal([['door', true, undefined]])
  })

  it('another login within a request, as one that is taken back, has its own trace', async () => {
    const made: Span[] = []
    const { span } = tracing({
      ...{ clock: handClock(), chance: systemChance, elapsedMs: () => 0, perThousand: 1000 },
      spans: { add: (one) => void made.push(one) },
    })
    const ended = () => ({ attributes: {} })
    const other = 'tx_other'
    const inner = () => span({ name: 'other', kind: 'internal', transaction: other, attributes: {} }, async () => 1, ended)
    await span({ name: 'door', kind: 'server', transaction: TRANSACTION, attributes: {} }, inner, ended)
    expect(made.map(({ name, traceId }) => [name, traceId])).to.deep.equal([
      ['other', traceOf(other).traceId],
      ['door', traceOf(TRANSACTION).traceId],
    ])
    expect(made[0]?.parentSpanId).to.equal(traceOf(other).rootId)
  })

  it('what goes on after the answer is told when it ends', async () => {
    const made: Span[] = []
    const { span } = tracing({
      ...{ clock: handClock(), chance: systemChance, elapsedMs: () => 0, perThousand: 1000 },
      spans: { add: (one) => void made.push(one) },
    })
    let finish: () => void = () => undefined
    let late: Promise<unknown> = Promise.resolve()
    const ended = () => ({ attributes: {} })
    const act = async (): Promise<void> => {
      late = span(
        { name: 'late', kind: 'client', transaction: TRANSACTION, attributes: {} },
        () => new Promise<void>((done) => (finish = done)),
        ended,
      )
    }
    await span({ name: 'door', kind: 'server', attributes: {} }, act, ended)
    expect(made.map(({ name }) => name)).to.deep.equal(['door'])
    finish()
    await late
    await until('it is told', () => made.length === 2)
    expect(made[1]?.parentSpanId).to.equal(made[0]?.spanId)
  })
})
