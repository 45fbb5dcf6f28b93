import { expect } from 'chai'
import { beforeEach, describe, it } from 'mocha'
import { memoryPersonKeys } from '../../../adapters/person-keys/memory/memory-person-keys.ts'
import { memoryVault } from '../../../adapters/vault/memory/memory-vault.ts'
import type { IndividualId, VerifyRequest } from '../../../domain/ports.ts'
import { hmac } from '../../../src/crypto/hash.ts'
import { count, type Act } from '../../../src/steps/act.ts'
import { prove } from '../../../src/steps/prove.ts'
import { requestFactor } from '../../../src/steps/request-factor.ts'
import type { World } from '../../../src/world.ts'
import { at, configuration, digest, policy, TRANSACTION } from '../../domain/samples.ts'
import { wish } from '../../domain/transaction/samples.ts'
import { systemChance } from '../../support/chance.ts'
import { handClock } from '../../support/hand-clock.ts'
import { command, memoryStore, nodeOn } from '../worlds.ts'

const ATTACKER: IndividualId = { type: 'uin', value: '1000000001' }
const VICTIM: IndividualId = { type: 'uin', value: '1000000002' }
const KEY = new Uint8Array(32)
const client = { registered: true, active: true, configuration, artefact: digest('artefact') }

const act = (second: number): Act => ({ id: systemChance.uuid(), causation: 'request', at: at(second), transaction: TRANSACTION, client })
const own = { ownDevice: false, deviceSecret: undefined }

describe('proving who one is', () => {
  let world: World
  let asked: VerifyRequest[]

  beforeEach(async () => {
    const clock = handClock()
    asked = []
    const verify = async (request: VerifyRequest) => {
      asked.push(request)
      return { ok: false, error: 'challenge_failed' } as const
    }
    // What this step needs of a world; the rest is never reached.
    world = {
      ...nodeOn(memoryStore()),
      clock,
      chance: systemChance,
      policy: { value: policy, digest: digest('policy') },
      vault: memoryVault({ clock }),
      personKeys: memoryPersonKeys({ clock, chance: systemChance }),
      secrets: { index: KEY, subject: KEY, digest: KEY, code: KEY, csrf: KEY },
      waiters: { wait: async () => undefined, wake: () => undefined },
      idSystem: { description: { id: 'mock', idTypes: [], factors: [] }, system: { verify } },
    } as unknown as World
    await command(world, wish('StartAuthorization'))
    await command(world, wish('OpenAuthorization'))
  })

  const closePath = async (id: IndividualId): Promise<void> => {
    const person = await world.personKeys.resolve(hmac(world.secrets.index, `id:${id.type}:${id.value}`))
    for (const second of [-500, -400, -300, -200, -150, -100, -60, -1])
      await count(world, act(second), person.ref, {
        type: 'CountAttempt',
        at: at(second),
        path: 'unknown',
        factor: 'pin',
        transaction: TRANSACTION,
      })
  }

  it('rules 11 and 21: a guess on one person is never counted on another, whoever was named in between', async () => {
    await closePath(VICTIM)
    expect((await requestFactor(world, act(3), { factor: 'pin', id: ATTACKER, ...own })).refusal).to.equal(undefined)
    expect((await requestFactor(world, act(5), { factor: 'otp', id: VICTIM, ...own })).refusal).to.equal('factor_limited')
    expect((await prove(world, act(6), 'pin', '123456', undefined)).refusal).to.equal('factor_wrong')
    expect(asked.map(({ id }) => id.value)).to.deep.equal([ATTACKER.value])
  })

  it('rule 11: a path that is closed refuses without asking the ID system', async () => {
    await closePath(VICTIM)
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    expect((await prove(world, act(4), 'pin', '123456', undefined)).refusal).to.equal('factor_limited')
    expect(asked).to.deep.equal([])
  })
})
