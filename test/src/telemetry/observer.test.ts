import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { EventStore, IdSystem } from '../../../domain/ports.ts'
import type { Recorded } from '../../../projections/projection.ts'
import { observing } from '../../../src/telemetry/observer.ts'

const quiet = () => observing({ elapsedMs: () => 0, scheme: 'https' })

/** What a decision recorded; the rest of an event is never looked at. */
const decided = (types: readonly string[], data: Readonly<Record<string, unknown>> = {}) => ({
  events: types.map((type) => ({ type, data }) as unknown as Recorded),
})

const STAGES = [
  ...['AuthorizationStarted', 'AuthorizationOpened', 'Authenticated', 'ConsentGiven', 'ConsentReused', 'ConsentDenied', 'CodeIssued'],
  ...['CodeRefused', 'TokenExchanged', 'CodeReplayed', 'AuthorizationFailed', 'AuthorizationExpired'],
]

describe('OBS-03: what is counted has an end', () => {
  it('below 10,000 series with 500 relying parties, whatever comes to the doors, and none of the 500 is left out', async () => {
    const { login, door, idSystem, registry } = quiet()
    for (let client = 0; client < 700; client += 1)
      await login({ transaction: 'tx', client: `client-${String(client)}`, type: 'Any' }, async () => decided(STAGES))
    for (let route = 0; route < 60; route += 1)
      for (const status of [200, 303, 400, 401, 403, 404, 409, 410, 429, 500, 503])
        await door({ method: 'GET', route: `/${String(route)}` }, async () => ({ status }))
    for (let plugin = 0; plugin < 40; plugin += 1) {
      const system = { verify: async () => ({ ok: false, error: 'unavailable' }) } as unknown as IdSystem
      await idSystem(`plugin-${String(plugin)}`, system).verify?.({} as never)
    }
    for (let refusal = 0; refusal < 300; refusal += 1)
      await login({ transaction: 'tx', client: 'client-0', type: 'Any' }, async () => ({
        events: [],
        refusal: `refusal_${String(refusal)}`,
      }))
    const lines = registry.text().split('\n')
    const series = lines.filter((line) => line !== '' && !line.startsWith('#'))
    expect(series.length).to.be.below(10_000)
    expect(series.filter((line) => line.includes('client_id="client-499"'))).to.have.length(STAGES.length)
    expect(series).to.include(`idp_tx_total{otel_metric_overflow="true"} ${String(200 * STAGES.length)}`)
  })
})

describe('what is watched is left as it is', () => {
  it('an append that fails is counted by its code, and fails', async () => {
    const { store, registry } = quiet()
    const watched = store({ append: () => Promise.reject(new TypeError('a bug')) } as unknown as EventStore)
    const outcome = await watched.append('authorization-x', 0, []).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(TypeError)
    expect(registry.text()).to.include('idp_store_append_faults_total{code="unknown"} 1')
  })

  it('a plugin keeps the capabilities that it has, and no others', () => {
    const { idSystem } = quiet()
    const system: IdSystem = { health: async () => ({ status: 'up' }), close: async () => undefined }
    expect(Object.keys(idSystem('p', system)).toSorted()).to.deep.equal(['close', 'health'])
  })

  it('proofs, messages and ends are counted by words of the events alone', async () => {
    const { login, registry } = quiet()
    const to = { transaction: 'tx', client: 'shop', type: 'Any' }
    await login(to, async () => decided(['FactorRejected'], { factor: 'pin', reason: 'wrong' }))
    await login(to, async () => decided(['FactorSent'], { channels: ['sms', 'email'] }))
    await login(to, async () => decided(['FactorFailed'], { reason: 'unavailable' }))
    await login(to, async () => decided(['AuthorizationExpired'], { phase: 'before_opening' }))
    for (const line of [
      'idp_auth_attempts_total{factor="pin",result="wrong"} 1',
      'idp_otp_sent_total{channel="sms",result="sent"} 1',
      'idp_otp_sent_total{channel="email",result="sent"} 1',
      'idp_otp_sent_total{channel="",result="unavailable"} 1',
      'idp_tx_ended_total{reason="expired_before_opening"} 1',
    ])
      expect(registry.text()).to.include(line)
  })
})
