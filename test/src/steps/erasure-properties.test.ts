import { expect } from 'chai'
import fc from 'fast-check'
import { describe as suite, it } from 'mocha'
import { memoryReadModel } from '../../../adapters/read-model/memory/memory-read-model.ts'
import { attemptsStream, erasureStream, transactionStream } from '../../../domain/streams.ts'
import { projections } from '../../../projections/index.ts'
import { AUDIT_ALGORITHM, auditing } from '../../../src/audit/auditing.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { transactions } from '../../../src/deciders.ts'
import { load } from '../../../src/handle.ts'
import { changedPolicy } from '../../../src/replay/changes.ts'
import { replayAll } from '../../../src/replay/replay-all.ts'
import { whatIfAll } from '../../../src/replay/what-if-all.ts'
import { completeErasure, requestErasure } from '../../../src/steps/erase-person.ts'
import { tendKeys } from '../../../src/steps/tend-keys.ts'
import { systemChance } from '../../support/chance.ts'
import { describe, policy, standing, told } from '../../support/given.ts'
import { logins, personOf, txOf } from '../../support/logins.ts'
import { house } from '../http/house.ts'

const PERSONS = 3
const BY = { actor: 'j.doe', purpose: 'request of the person', case: 'ERASE-9' }

/** What somebody does in a login of their own, and how far they get. */
const login = fc.record({
  person: fc.nat({ max: PERSONS - 1 }),
  wrong: fc.nat({ max: 2 }),
  until: fc.constantFrom('chosen' as const, 'proven' as const, 'agreed' as const, 'exchanged' as const),
  waitS: fc.constantFrom(0, 5, 400),
})
const history = fc.record({
  before: fc.array(login, { maxLength: 8 }),
  erased: fc.uniqueArray(fc.nat({ max: PERSONS - 1 }), { minLength: 1, maxLength: 2 }),
  after: fc.array(login, { maxLength: 5 }),
  batch: fc.integer({ min: 1, max: 9 }),
})

suite('erasing persons, in whatever history (audit-and-operations 3.5)', function () {
  this.timeout(60_000)

  it('PRIV-02, PRIV-03, REPLAY-04: what is told live equals what is rebuilt; no row leads to the erased; every replay ends, and says the same', async () => {
    const ended = { consents: 0, logins: 0 }
    await fc.assert(
      fc.asyncProperty(history, async ({ before, erased, after, batch }) => {
        const at = await house()
        const { world } = at
        await tendKeys(auditing(world), [AUDIT_ALGORITHM])
        const made = await logins(policy, at.store)
        let count = 0
        const act = async ({ person, wrong, until, waitS }: (typeof before)[number]): Promise<void> => {
          const tx = txOf(count)
          count += 1
          made.clock.pass(waitS * 1000)
          at.clock.pass(waitS * 1000)
          await made.start(tx)
          await made.choose(tx, personOf(person))
          for (let n = 0; n < wrong; n += 1) await made.prove(tx, 'wrong')
          if (until === 'chosen') return
          await made.prove(tx, 'right')
          const { stage } = (await load(world, transactions, transactionStream(tx), true)).state
          if (until === 'proven' || stage !== 'authenticated') return
          const agreement = { ...standing(at.clock.now(), at.clock.in(86_400_000)), transaction: tx }
          const live = { transaction: tx, liveUntil: at.clock.in(900_000) }
          await at.consent(sha256(`${tx} consent`), { type: 'GiveConsent', at: at.clock.now(), standing: agreement, ...live })
          await made.agree(tx)
          if (until === 'exchanged') await made.exchange(tx)
        }
        const all = projections({ hash: sha256, describe })
        const live = memoryReadModel()
        const tell = async (): Promise<void> => {
          const messages = await at.all()
          for (const projection of all) await told(projection, live, batch).given(messages)
        }
        for (const one of before) await act(one)
        await tell()
        for (const person of erased) {
          await requestErasure(world, personOf(person), { id: systemChance.uuid(), at: at.clock.now(), ...BY })
          expect((await completeErasure(world, personOf(person), systemChance.uuid())).status).to.equal('certified')
        }
        for (const one of after) await act(one)
        await tell()

        for (const projection of all) {
          const again = told(projection, memoryReadModel(), 4)
          await again.given(await at.all())
          for (const table of Object.keys(projection.tables)) {
            const rows = await told(projection, live, batch).rows(table)
            expect(rows, `${projection.name}/${table}`).to.deep.equal(await again.rows(table))
            // The audit log tells each event; its stream's name is all that it holds of a person, and leads nowhere without the key.
            if (projection.name !== 'audit-log')
              for (const person of erased) expect(JSON.stringify(rows), `${projection.name}/${table}`).not.to.include(personOf(person))
          }
        }
        for (const person of erased) {
          expect((await at.journal.last(erasureStream(personOf(person))))?.type).to.equal('ErasureCertified')
          const [restricted] = (await at.journal.read(erasureStream(personOf(person)))).filter(
            ({ type }) => type === 'ProcessingRestricted',
          )
          ended.consents += Number(restricted?.data['consents'])
          ended.logins += Number(restricted?.data['logins'])
          // Nobody counts on an erased person's streams again.
          expect((await at.journal.last(attemptsStream(personOf(person), 'unknown')))?.type).to.equal('PathRestricted')
        }
        const replayed = await replayAll(at.journal)
        expect(replayed).to.include({ different: 0, unreadable: 0 })
        const changed = await whatIfAll(at.journal, { policy: changedPolicy({ limits: { attemptsMax: 1 } }) }, {})
        expect(changed).to.include({ signIns: count, missing: 0, unreadable: 0 })
        // What of an erased person cannot be read any more is missing input, and stops nothing.
        const gone = { ...at.journal, artefact: async () => undefined }
        expect((await replayAll(gone)).missing_input).to.be.greaterThan(0)
        for (let n = 0; n < count; n += 1) expect((await at.journal.read(transactionStream(txOf(n)))).length).to.be.greaterThan(0)
        await live.close()
        await at.close()
      }),
      { numRuns: 40 },
    )
    expect(ended.consents, 'agreements that were taken back').to.be.greaterThan(0)
    expect(ended.logins, 'logins that were ended').to.be.greaterThan(0)
  })
})
