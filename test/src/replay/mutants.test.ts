import { expect } from 'chai'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, it } from 'mocha'
import type * as JournalModule from '../../../src/journal.ts'
import type * as ReplayModule from '../../../src/replay/replay-all.ts'
import { policy } from '../../support/given.ts'
import { logins, personOf, txOf, type Logins } from '../../support/logins.ts'
import { ROOT } from '../../support/broker.ts'

type Mutant = { readonly what: string; readonly file: string; readonly from: string; readonly to: string; readonly found: string }

/** A rule altered in a copy of the program, and what replay has to name. */
const MUTANTS: readonly Mutant[] = [
  {
    what: 'a proof counts twice',
    file: 'domain/person/attempts.ts',
    from: 'state.failures + 1',
    to: 'state.failures + 2',
    found: 'CountAttempt data.counters.failures',
  },
  {
    what: 'one guess more',
    file: 'domain/transaction/attempt.ts',
    from: '>= rules.policy.limits.attemptsMax',
    to: '> rules.policy.limits.attemptsMax',
    found: 'RejectFactor type',
  },
  {
    what: 'attempts are numbered from two',
    file: 'domain/transaction/attempt.ts',
    from: 'state.attempts + 1',
    to: 'state.attempts + 2',
    found: 'AttemptFactor data.attempt',
  },
  {
    what: 'another time to decide',
    file: 'domain/transaction/attempt.ts',
    from: 'afterAuthenticationS',
    to: 'beforeAuthenticationS',
    found: 'ConfirmFactor data.deadline',
  },
  {
    what: 'codes live a second longer',
    file: 'domain/transaction/consent.ts',
    from: 'lifetimes.codeS)',
    to: 'lifetimes.codeS + 1)',
    found: 'IssueCode data.expiresAt',
  },
  {
    what: 'tokens live a second longer',
    file: 'domain/transaction/grant.ts',
    from: 'lifetimes.accessTokenS)',
    to: 'lifetimes.accessTokenS + 1)',
    found: 'ExchangeToken data.tokensUntil',
  },
  {
    what: 'a deadline is a millisecond late',
    file: 'domain/transaction/deadlines.ts',
    from: 'at < state.deadline',
    to: 'at <= state.deadline',
    found: 'ExpireAuthorization type',
  },
  {
    what: 'one released claim is forgotten',
    file: 'domain/transaction/consent.ts',
    from: 'released, expiresAt',
    to: 'released: released.slice(1), expiresAt',
    found: 'IssueCode data.released.0',
  },
]

describe('REPLAY-01: a seeded change of behaviour is caught, and named', function () {
  this.timeout(60_000)
  let folder: string
  let made: Logins

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-mutants-'))
    made = await logins(policy)
    for (let n = 0; n < 3; n += 1) {
      await made.start(txOf(n))
      await made.choose(txOf(n), personOf(n))
      await made.prove(txOf(n), 'wrong')
      if (n === 1) for (let guess = 0; guess < 2; guess += 1) await made.prove(txOf(n), 'wrong')
      else await made.prove(txOf(n), 'right')
      await made.agree(txOf(n))
      if (n === 0) await made.exchange(txOf(n))
      // The last code runs out to the millisecond.
      made.clock.pass(n === 2 ? policy.lifetimes.codeS * 1000 : policy.lifetimes.accessTokenS * 1000)
      await made.expire(txOf(n))
    }
  })
  after(async () => {
    await made.close()
    rmSync(folder, { recursive: true })
  })

  /** The program with one rule altered, beside the real one. */
  const copy = (name: string, { file, from, to }: Pick<Mutant, 'file' | 'from' | 'to'>): string => {
    const root = join(folder, name)
    for (const part of ['domain', 'schemas', 'projections', 'src']) cpSync(join(ROOT, part), join(root, part), { recursive: true })
    for (const part of ['package.json', 'ops', 'adapters']) symlinkSync(join(ROOT, part), join(root, part))
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    const text = readFileSync(join(root, file), 'utf8')
    expect(text, `${file} says ${from}`).to.include(from)
    writeFileSync(join(root, file), text.replaceAll(from, to))
    return root
  }

  const replayed = async (root: string) => {
    const load = (path: string): Promise<unknown> => import(pathToFileURL(join(root, path)).href)
    const { replayAll } = (await load('src/replay/replay-all.ts')) as typeof ReplayModule
    const { openJournal } = (await load('src/journal.ts')) as typeof JournalModule
    return replayAll(openJournal(made.store))
  }

  it('an unaltered copy decides as it was recorded', async () => {
    const {
      different,
      missing_input: missing,
      unreadable,
    } = await replayed(copy('same', { file: 'domain/decider.ts', from: 'events', to: 'events' }))
    expect({ different, missing, unreadable }).to.deep.equal({ different: 0, missing: 0, unreadable: 0 })
  })

  for (const [index, mutant] of MUTANTS.entries())
    it(`${mutant.what}: ${mutant.found}`, async () => {
      const { groups } = await replayed(copy(`mutant-${String(index)}`, mutant))
      expect(groups.map(({ command, path }) => `${command} ${path}`)).to.include(mutant.found)
    })
})
