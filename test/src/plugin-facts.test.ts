import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { FOLLOWER_TABLES, FOLLOWER_VERSION, PARKED_TABLE } from '../../src/reactors/parked-rows.ts'
import { until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { library, newBorrower, readerOf, wholeLogin } from '../support/library.ts'
import { newParty, register, signIn, type Party } from '../support/rp.ts'

/** The library beside the mock: what it hears is about its own readers. It dies, is away or chokes where a file in its folder says so. */
describe('facts that a plugin in a thread follows (rule 42)', function () {
  this.timeout(120_000)
  const example = library()
  let here: BrokerHere
  let lender: Party
  let readers = 0

  const folder = (): string => join(here.data, 'plugins/library')
  const heard = (): readonly string[] => readFileSync(join(folder(), 'heard.txt'), 'utf8').split('\n').filter(Boolean)
  const idsGiven = async (): Promise<readonly string[]> => {
    const { events } = await here.broker.world.journal.store.readAll({ filter: { types: ['ConsentGiven'] }, max: 1000 })
    return events.filter(({ stream, data }) => stream.startsWith('consent-') && data.includes('"lender"')).map(({ id }) => id)
  }
  const ill = (how: 'dies' | 'is away', is: boolean): void => {
    const file = join(folder(), how)
    if (is) writeFileSync(file, '')
    else rmSync(file, { force: true })
  }
  const lend = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) await wholeLogin(here, lender, readerOf((readers += 1)))
  }
  const parked = async (): Promise<number> => {
    const { views } = here.broker.world
    await views.open('plugin-library', FOLLOWER_VERSION, FOLLOWER_TABLES)
    return (await views.list('plugin-library', PARKED_TABLE, { orderBy: 'position', limit: 10 })).length
  }

  before(async () => {
    example.edit('index.js', (text) =>
      text
        .replace('import { appendFileSync,', 'import { appendFileSync, existsSync,')
        .replace(
          'ConsentGiven: async ({ id, stream }) => {',
          `ConsentGiven: async ({ id, stream }) => {
        if (existsSync(join(dataDirectory, 'dies'))) process.exit(1)
        if (existsSync(join(dataDirectory, 'is away'))) throw new Error('the register does not answer')
        if (existsSync(join(dataDirectory, 'chokes on ' + id))) throw new RangeError('not this one')`,
        )
        .replace(
          "health: async () => ({ status: 'up',",
          "health: async () => ({ status: existsSync(join(dataDirectory, 'is away')) ? 'down' : 'up',",
        ),
    )
    const idSystems = [
      { id: 'mock', module: 'mock' },
      { id: 'library', module: example.module },
    ]
    here = await brokerHere({ env: { ESIGNET_ID_SYSTEMS: JSON.stringify(idSystems) } })
    lender = await register(here, await newBorrower('lender', { id_system: 'library' }))
  })
  after(async () => {
    await here.end()
    example.end()
  })

  it('it hears of its own people, in order, and of nobody else’s', async () => {
    await signIn(here, await register(here, await newParty('shop')))
    await lend(3)
    await until('three facts', () => heard().length === 3)
    expect(heard()).to.deep.equal(await idsGiven())
  })

  it('one that was down gets what it missed, in order; nothing is parked', async () => {
    ill('is away', true)
    await lend(3)
    await until('it is seen to be down', () => here.log().includes('"call":"on"'))
    expect(heard()).to.have.length(3)
    ill('is away', false)
    await until('the facts that it missed', () => heard().length === 6, 60_000)
    expect(heard()).to.deep.equal(await idsGiven())
    expect(await parked()).to.equal(0)
  })

  it('one whose thread ends over a fact gets it again, and sign-ins with it go on', async () => {
    ill('dies', true)
    // The agreement stands; what follows it in this sign-in may meet no plugin.
    await lend(1).catch(() => undefined)
    await until('its thread ended', () => here.log().includes('plugin_thread_ended'), 60_000)
    ill('dies', false)
    await until('the fact', async () => heard().length === (await idsGiven()).length, 60_000)
    expect(await parked()).to.equal(0)
    const isLent = (): Promise<boolean> =>
      lend(1).then(
        () => true,
        () => false,
      )
    await until('a sign-in', isLent, 60_000)
    await until('its fact', async () => heard().length === (await idsGiven()).length, 60_000)
    expect(heard()).to.deep.equal(await idsGiven())
  })

  it('a fact that it can never take is parked after its tries, shown by command, and those behind it come', async () => {
    const before = (await idsGiven()).length
    // Which ids the next facts get is not known before: meanwhile it is away.
    ill('is away', true)
    await lend(2)
    const ids = (await idsGiven()).slice(before)
    writeFileSync(join(folder(), `chokes on ${ids[0] ?? ''}`), '')
    ill('is away', false)
    await until('the one behind it', () => heard().includes(ids[1] ?? '-'), 60_000)
    expect(heard()).not.to.include(ids[0])
    expect(await parked()).to.equal(1)
    const config = join(example.folder, 'config.json')
    writeFileSync(
      config,
      JSON.stringify({
        idSystems: [
          { id: 'mock', module: 'mock' },
          { id: 'library', module: example.module },
        ],
      }),
    )
    const { out } = await here.cli(['parked', 'list', '--json', '--config', config])
    expect(out)
      .to.include(ids[0] ?? '-')
      .and.to.include('plugin-library')
  })
})
