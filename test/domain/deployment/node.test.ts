import { expect } from 'chai'
import { describe, it } from 'mocha'
import { deployment, unreadBy, type DeploymentState } from '../../../domain/deployment/node.ts'
import { at, digest } from '../samples.ts'

describe('a node starts only when store, program, keys and clock agree', () => {
  const keys = { master: digest('master'), subject: digest('subject') }
  const knows = { 'transaction/CodeIssued': 1, 'client/ClientRegistered': 2 }
  const wish = { type: 'StartNode', at: at(60), program: '1.0.0', keys, knows, besideNewer: false } as const
  const started = (changed: Partial<DeploymentState> = {}): DeploymentState =>
    deployment.evolve({}, { type: 'NodeStarted', data: { at: at(0), program: '1.0.0', keys, knows, ...changed } })

  it('the first one says what all others must agree with', () => {
    expect(deployment.decide(wish, {}, undefined)).to.deep.equal({
      events: [{ type: 'NodeStarted', data: { at: at(60), program: '1.0.0', keys, knows } }],
    })
  })

  it('the next one with the same keys and program starts too', () => {
    expect(deployment.decide(wish, started(), undefined).refusal).to.equal(undefined)
  })

  it('other keys are refused: every person would be somebody else (rules 19 and 45)', () => {
    for (const name of ['master', 'subject'] as const) {
      const other = started({ keys: { ...keys, [name]: digest('other') } })
      expect(deployment.decide({ ...wish, besideNewer: true }, other, undefined)).to.deep.equal({ events: [], refusal: 'node_keys_differ' })
    }
  })

  it('a clock that stands more than five seconds before the last start is refused (rule 32)', () => {
    expect(deployment.decide({ ...wish, at: at(0) }, started({ at: at(6) }), undefined).refusal).to.equal('node_clock_behind')
    expect(deployment.decide({ ...wish, at: at(0) }, started({ at: at(5) }), undefined).refusal).to.equal(undefined)
  })

  it('an older program is refused where a newer one served, by a type or by a version that it lacks (rule 9)', () => {
    const newer = [
      { ...knows, 'transaction/Future': 1 },
      { ...knows, 'client/ClientRegistered': 3 },
    ]
    for (const known of newer)
      expect(deployment.decide(wish, started({ knows: known }), undefined)).to.deep.equal({ events: [], refusal: 'node_program_older' })
    expect(unreadBy(knows, { ...knows, 'transaction/Future': 1 })).to.deep.equal(['transaction/Future'])
    expect(unreadBy({ ...knows, 'transaction/Future': 1 }, knows)).to.deep.equal([])
  })

  it('a roll-back is let in, and what the newer program may have recorded stays said', () => {
    const { events } = deployment.decide(
      { ...wish, besideNewer: true },
      started({ knows: { ...knows, 'transaction/Future': 2 } }),
      undefined,
    )
    expect(events[0]?.type === 'NodeStarted' && events[0].data.knows).to.deep.equal({ ...knows, 'transaction/Future': 2 })
    const after = deployment.evolve({}, events[0] ?? { type: 'NodeStarted', data: { at: at(0), program: '1.0.0', keys, knows } })
    expect(deployment.decide(wish, after, undefined).refusal).to.equal('node_program_older')
  })
})
