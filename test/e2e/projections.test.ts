import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sqliteReadModel } from '../../adapters/read-model/sqlite/sqlite-read-model.ts'
import type { Row } from '../../domain/ports.ts'
import { consents } from '../../projections/consents.ts'
import { tablesOf } from '../../projections/tell.ts'
import { ROOT, runCli, startBroker, until, type BrokerProcess } from '../support/broker.ts'
import { newParty, redeem, register, signIn, type Party } from '../support/rp.ts'

type Standing = {
  readonly projection: string
  readonly generation: number
  readonly position: string
  readonly lag: { readonly events: number }
  readonly beside: { readonly generation: number; readonly is: string; readonly position: string } | null
}

const NAME = consents.name
const REASON = ['--reason', 'a row was told wrongly']
/** What a bug left among the rows that serve. */
const WRONG: Row = { consent: 'wrong', client: 'shop', status: 'given', given_at: '2026-11-24T12:00:00.000Z' }
const KILL = pathToFileURL(join(ROOT, 'test/support/kill-at-commit.ts')).href

describe('A broker that runs serves through a rebuild, a switch and a rollback of its projections', function () {
  this.timeout(120_000)
  let broker: BrokerProcess
  let shop: Party

  before(async () => {
    broker = await startBroker()
    shop = await register(broker, await newParty('shop'))
    await login()
    await until('the row is there', async () => (await listed()).length === 1)
    const rows = sqliteReadModel({ file: join(broker.data, 'views.db') })
    await rows.open(NAME, consents.version, tablesOf(consents))
    const position = (await rows.position(NAME)) ?? ''
    expect(await rows.apply(NAME, position, position, [{ kind: 'put', table: NAME, row: WRONG }])).to.equal(true)
    await rows.close()
  })
  after(() => broker.end())

  const ok = async (args: readonly string[]): Promise<string> => {
    const { code, out, err } = await broker.cli(args)
    expect(code, `${args.join(' ')}: ${out}${err}`).to.equal(0)
    return out
  }
  const login = async (): Promise<void> => {
    const { json } = await redeem(broker, shop, await signIn(broker, shop))
    expect(json).to.have.property('access_token')
  }
  const listed = async (): Promise<readonly Row[]> => JSON.parse(await ok(['consent', 'list', '--json'])) as readonly Row[]
  const hasWrong = async (): Promise<boolean> => (await listed()).some(({ consent }) => consent === 'wrong')
  const standing = async (): Promise<Standing> => {
    const all = JSON.parse(await ok(['projection', 'list', '--json'])) as readonly Standing[]
    const found = all.find(({ projection }) => projection === NAME)
    if (found === undefined) throw new Error(`${NAME} is not listed`)
    return found
  }
  /** The verb, killed at one of its commits. */
  const killedAt = async (commit: number, args: readonly string[]): Promise<void> => {
    const env = { NODE_OPTIONS: `--import=${KILL}`, ESIGNET_TEST_KILL_COMMIT: String(commit) }
    const { code, out } = await runCli([...args, '--data', broker.data], { env })
    expect({ code, out }, `killed at commit ${String(commit)}`).to.deep.equal({ code: null, out: '' })
  }

  it('kill -9 in a rebuild leaves readers what they had, and the next one goes on', async () => {
    // Before the new generation has a place, when it has its tables, and when it is told and does not know it.
    for (const commit of [2, 4, 6]) await killedAt(commit, ['projection', 'rebuild', NAME])
    expect(await hasWrong()).to.equal(true)
    expect((await standing()).beside).to.include({ generation: 2, is: 'building' })
    await ok(['projection', 'rebuild', NAME])
    expect(await standing()).to.deep.include({ generation: 1 })
    const { code, err } = await broker.cli(['projection', 'compare', NAME])
    expect({ code, err }).to.deep.equal({
      code: 1,
      err: '1 rows differ, for example:\nconsents: wrong is in the serving one alone\n',
    })
  })

  it('the broker goes on with what was switched to, without a restart', async () => {
    await ok(['projection', 'switch', NAME, ...REASON])
    expect(await hasWrong()).to.equal(false)
    await login()
    // The list tells nothing: who brings the new generation to the head is the broker.
    const now = await until('the broker tells the new one', async () => {
      const seen = await standing()
      return seen.lag.events === 0 && seen.position > (seen.beside?.position ?? '') && seen
    })
    expect(now).to.deep.include({ generation: 2 })
    expect(now.beside).to.deep.include({ generation: 1, is: 'previous' })
  })

  it('and with what was rolled back to; the rows of then are brought to the head first', async () => {
    await killedAt(3, ['projection', 'rollback', NAME, ...REASON])
    await ok(['projection', 'rollback', NAME, ...REASON])
    expect(await hasWrong()).to.equal(true)
    await login()
    const now = await until('the broker tells the old one', async () => {
      const seen = await standing()
      return seen.lag.events === 0 && seen.position > (seen.beside?.position ?? '') && seen
    })
    expect(now).to.deep.include({ generation: 1 })
  })

  it('what is left beside is dropped, and the broker has met no error', async () => {
    expect(await ok(['projection', 'drop', NAME])).to.equal('Generation 2 of consents is gone; 1 serves.\n')
    expect((await standing()).beside).to.equal(null)
    expect(broker.output()).not.to.include('"level":"error"')
  })
})
