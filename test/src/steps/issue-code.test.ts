import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryVault } from '../../../adapters/vault/memory/memory-vault.ts'
import { openedRequests } from '../../../src/opened-requests.ts'
import { seal, unseal } from '../../../src/sealed.ts'
import { issueCode } from '../../../src/steps/issue-code.ts'
import type { World } from '../../../src/world.ts'
import { at, configuration, digest, policy, TRANSACTION } from '../../domain/samples.ts'
import { wish } from '../../domain/transaction/samples.ts'
import { systemChance } from '../../support/chance.ts'
import { handClock } from '../../support/hand-clock.ts'
import { command, memoryStore, nodeOn } from '../worlds.ts'

const KEY = new Uint8Array(32)
const client = { registered: true, active: true, configuration, artefact: digest('artefact') }

describe('issuing the code', () => {
  it('what was released is kept nowhere when the login ended while the ID system was asked', async () => {
    const clock = handClock()
    const node = nodeOn(memoryStore())
    for (const type of [
      'StartAuthorization',
      'OpenAuthorization',
      'RequestFactor',
      'ReportSent',
      'AttemptFactor',
      'ConfirmFactor',
    ] as const)
      await command(node, wish(type))
    const { state } = await command(node, wish('RecordConsent'))
    const release = async () => {
      await command(node, wish('FailAuthorization'))
      return { ok: true, value: { claims: { name: 'Maya' } } } as const
    }
    // What this step needs of a world; the rest is never reached.
    const world = {
      ...node,
      clock,
      policy: { value: policy, digest: digest('policy') },
      vault: memoryVault({ clock }),
      openedRequests: openedRequests(1),
      secrets: { code: KEY },
      idSystem: { description: { id: 'mock', version: '1.0.0' }, generation: 1, system: { release } },
      idSystems: { begun: () => undefined },
    } as unknown as World
    const until = clock.in(600_000)
    await seal(world, TRANSACTION, 'request', {}, until)
    const proof = { subjectKey: 'maya', session: 'session', sub: 'sub' }
    await seal(world, TRANSACTION, `proof.${state.authenticated?.person ?? ''}`, proof, until)
    const act = { id: systemChance.uuid(), causation: 'request', at: at(19), transaction: TRANSACTION, client }
    const { refusal, state: ended } = await issueCode(world, act, state)
    expect([ended.stage, typeof refusal]).to.deep.equal(['failed', 'string'])
    expect(await unseal(world, TRANSACTION, 'claims')).to.equal(undefined)
  })
})
