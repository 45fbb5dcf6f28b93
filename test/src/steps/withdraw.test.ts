import { expect } from 'chai'
import { describe, it } from 'mocha'
import { consents } from '../../../src/deciders.ts'
import { handle, type Handling } from '../../../src/handle.ts'
import type { Act } from '../../../src/steps/act.ts'
import { takeBack, withdrawConsent } from '../../../src/steps/withdraw.ts'
import { consentStream, transactionStream } from '../../../domain/streams.ts'
import { canonical } from '../../../domain/canonical.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { NOTICE } from '../../support/given.ts'
import { at, digest, policy, standing as sample } from '../../domain/samples.ts'
import { circumstances, memoryStore, nextId, nodeOn } from '../worlds.ts'

const CONSENT = digest('consent')
const USES = 150
const LIVES_S = 1000
const transactionOf = (index: number): string => `tx_${String(index).padStart(24, '0')}`

/** The notice that the consent cites is kept before it (rule 6). */
const keepNotice = (node: Handling) => node.journal.keepArtefact('notice', NOTICE, at(0), nextId())
const standing = { ...sample, notice: { ...sample.notice, digest: sha256(canonical(NOTICE)) } }

/** A consent that was used every ten seconds. */
const used = async (node: Handling): Promise<void> => {
  await keepNotice(node)
  const wish = { type: 'GiveConsent', at: at(0), standing, transaction: transactionOf(0), liveUntil: at(LIVES_S) } as const
  await handle(node, consents, consentStream(CONSENT), wish, circumstances(undefined))
  for (let index = 1; index < USES; index += 1) {
    const [second, transaction] = [index * 10, transactionOf(index)]
    const again = {
      type: 'ReuseConsent',
      at: at(second),
      transaction,
      requestDigest: standing.requestDigest,
      liveUntil: at(second + LIVES_S),
    } as const
    await handle(node, consents, consentStream(CONSENT), again, circumstances(undefined))
  }
}

describe('withdrawing a consent', () => {
  it('rule 13: reaches every login whose code or tokens may live, and no other, before it is acknowledged', async () => {
    const node = nodeOn(memoryStore())
    await used(node)
    const asked: string[] = []
    const { journal } = node
    // Which transactions are looked at: none of them exists here, so nothing is recorded on them.
    const watching = {
      ...node,
      journal: {
        ...journal,
        read: (stream: string, from?: number, previous?: string) => (asked.push(stream), journal.read(stream, from, previous)),
      },
    }
    const now = (USES - 1) * 10 + 1
    const world = { ...watching, policy: { value: policy, digest: digest('policy') } }
    expect(
      await withdrawConsent(world, { consent: CONSENT, id: nextId(), causation: 'command', at: at(now) }, { by: 'operator' }),
    ).to.equal(undefined)
    const alive = Array.from({ length: USES }, (_, index) => index).filter((index) => index * 10 + LIVES_S > now)
    expect(new Set(asked)).to.deep.equal(new Set(alive.map((index) => transactionStream(transactionOf(index)))))
    const last = await journal.last(consentStream(CONSENT))
    expect(last?.type).to.equal('ConsentWithdrawn')
  })

  it('twice is once, and what was never given cannot be taken back', async () => {
    const node = nodeOn(memoryStore())
    const world = { ...node, policy: { value: policy, digest: digest('policy') } }
    const withdrawal = () => ({ consent: CONSENT, id: nextId(), causation: 'command', at: at(5000) })
    expect(await withdrawConsent(world, withdrawal(), { by: 'operator' })).to.equal('consent_unknown')
    await used(node)
    expect(await withdrawConsent(world, withdrawal(), { by: 'operator' })).to.equal(undefined)
    expect(await withdrawConsent(world, withdrawal(), { by: 'operator' })).to.equal('consent_withdrawn')
  })

  it('rules 12 and 14: a login that ended before its consent reached it takes back its own, once, and nobody else’s', async () => {
    const node = nodeOn(memoryStore())
    const world = { ...node, policy: { value: policy, digest: digest('policy') } }
    const stream = consentStream(CONSENT)
    const actOf = (transaction: string): Act => ({
      id: nextId(),
      causation: 'command',
      at: at(5),
      transaction,
      client: { registered: true, active: true },
    })
    const types = async (): Promise<readonly string[]> => (await node.journal.read(stream)).map(({ type }) => type)
    await takeBack(world, actOf(standing.transaction), CONSENT)
    expect(await types(), 'where none was given').to.deep.equal([])
    await keepNotice(node)
    const wish = { type: 'GiveConsent', at: at(0), standing, transaction: standing.transaction, liveUntil: at(LIVES_S) } as const
    await handle(node, consents, stream, wish, circumstances(undefined))
    await takeBack(world, actOf(transactionOf(7)), CONSENT)
    expect(await types(), 'of another login').to.deep.equal(['ConsentGiven'])
    await Promise.all([1, 2, 3].map(() => takeBack(world, actOf(standing.transaction), CONSENT)))
    expect(await types()).to.deep.equal(['ConsentGiven', 'WithdrawalRequested', 'ConsentWithdrawn'])
  })
})
