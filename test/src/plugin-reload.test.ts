import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { pluginChoices } from '../../src/plugin-choices.ts'
import { readSettings } from '../../src/config.ts'
import type { Choices } from '../../src/compose-id-systems.ts'
import type { NodeStatus } from '../../src/plugin-status.ts'
import { readEvents, until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { finish, library, NAME, newBorrower, readerOf, start, wholeLogin } from '../support/library.ts'
import { register, type Party } from '../support/rp.ts'

/** Logins of the load, how many at once, and how often the plugin is replaced meanwhile. */
const LOGINS = 40
const AT_ONCE = 6
const RELOADS = 3

describe('a plugin is replaced while people sign in (rule 42)', function () {
  this.timeout(120_000)
  const example = library()
  const config = join(example.folder, 'esignet.json')
  let here: BrokerHere
  let shop: Party

  /** As the broker reads its configuration: from the file, at each reload. */
  const choices: Choices = () => {
    const read = readSettings(JSON.parse(readFileSync(config, 'utf8')), {}, 'demo', example.folder)
    if (!read.ok) throw new Error(read.problems.join('; '))
    return pluginChoices(read.settings)
  }
  const configure = (more: object = {}): void => writeFileSync(config, JSON.stringify({ plugin: { module: example.module, ...more } }))
  const plugin = (...args: readonly string[]) => here.cli(['plugin', ...args, '--config', config])
  const reload = async (): Promise<void> => {
    const { code, out, err } = await plugin('reload', 'library', '--actor', 'j.doe')
    expect(code, `${out}${err}`).to.equal(0)
  }
  const generationOf = (transaction: string): unknown => {
    const [started] = readEvents(here.data, `s.name = 'authorization-${transaction}'`)
    return (JSON.parse(started?.data ?? '{}') as { readonly plugin: object }).plugin
  }
  const status = async (): Promise<NodeStatus['plugins'][number]> => {
    const { out } = await plugin('status', '--json')
    return (JSON.parse(out) as readonly NodeStatus[])[0]!.plugins[0]!
  }

  before(async () => {
    configure()
    here = await brokerHere({ choices, env: { ESIGNET_PLUGIN_DRAIN_S: '60' } })
    shop = await register(here, await newBorrower('shop'))
  })
  after(async () => {
    await here.end()
    example.end()
  })

  it('a login goes on with the opening that it began with; new ones go to the new one', async () => {
    const early = await start(here, shop)
    example.ship('1.1.0', 'Amina Second')
    await reload()
    const late = await wholeLogin(here, shop)
    const first = await finish(here, shop, early)
    expect([first.name, late.name]).to.deep.equal([NAME, 'Amina Second'])
    expect(generationOf(first.transaction)).to.deep.equal({ id: 'library', version: '1.0.0', generation: 1 })
    expect(generationOf(late.transaction)).to.deep.equal({ id: 'library', version: '1.1.0', generation: 2 })
    const { generation, version, older } = await status()
    expect({ generation, version, older: older.map((one) => one.version) }).to.deep.equal({
      generation: 2,
      version: '1.1.0',
      older: ['1.0.0'],
    })
    const [asked] = readEvents(here.data, "s.name = 'deployment-plugin.library'")
    expect(JSON.parse(asked?.metadata ?? '{}')).to.include({ actor: 'j.doe' })
  })

  it(`${String(LOGINS)} logins while it is replaced ${String(RELOADS)} times: none fails, and each opening had some`, async () => {
    const { world } = here.broker
    const seen = new Set<unknown>()
    let [begun, done] = [0, 0]
    const one = async (): Promise<void> => {
      const { transaction, name } = await wholeLogin(here, shop, readerOf((begun += 1)))
      expect(name).to.match(/^Amina/)
      seen.add((generationOf(transaction) as { readonly version: string }).version)
      done += 1
    }
    const replacing = async (): Promise<void> => {
      for (let round = 1; round <= RELOADS; round += 1) {
        await until('some logins', () => done >= (round * LOGINS) / (RELOADS + 1), 60_000)
        example.ship(`2.${String(round)}.0`, `Amina ${String(round)}`)
        await reload()
      }
    }
    const worker = async (): Promise<void> => {
      while (done + AT_ONCE <= LOGINS || seen.size <= RELOADS) await one()
    }
    await Promise.all([replacing(), ...Array.from({ length: AT_ONCE }, worker)])
    expect(seen).to.include.keys('1.1.0', '2.1.0', '2.2.0', '2.3.0')
    expect(world.idSystem.description.version).to.equal('2.3.0')
  })

  it('one that does not open leaves the old one serving, and says why: to who asked, in the status, in the log', async () => {
    example.ship('3.0.0', 'Amina Nobody')
    // It can be loaded, so the command asks for it; the broker finds out when it opens.
    example.edit('index.js', (text) =>
      text.replace(
        'export const open = async (',
        "export const open = async () => { throw new Error('the licence has ended') }\nexport const opened = async (",
      ),
    )
    const { code, err } = await plugin('reload', 'library')
    expect(code).to.equal(1)
    expect(err).to.include('goes on with opening 5 of library').and.to.include('the licence has ended')
    const { version, problem } = await status()
    expect([version, problem?.generation]).to.deep.equal(['2.3.0', 6])
    expect((await plugin('status')).out)
      .to.include('opening 6 failed')
      .and.to.include('licence has ended')
    expect(here.log()).to.include('plugin_not_replaced')
    expect((await wholeLogin(here, shop)).name).to.equal('Amina 3')
  })

  it('one that cannot even be loaded, and an ID system that is not there, are asked of nobody', async () => {
    const asked = (): number => readEvents(here.data, "s.name = 'deployment-plugin.library'").length
    const before = asked()
    example.edit('index.js', (text) => `${text}\nthis is no JavaScript`)
    expect((await plugin('reload', 'library')).err).to.include('it cannot be imported')
    example.edit('index.js', (text) => text.replace('\nthis is no JavaScript', ''))
    expect((await plugin('reload', 'army')).err).to.include('the settings name no ID system army: there is library')
    expect(asked()).to.equal(before)
  })

  it('what it is called by may not change: people would be others', async () => {
    example.edit('index.js', (text) => text.replace("id: 'library'", "id: 'archive'"))
    expect((await plugin('reload', 'library')).err).to.include('there is archive')
    example.edit('index.js', (text) => text.replace("id: 'archive'", "id: 'library'"))
  })

  it('settings are those of the file now, for logins that begin now', async () => {
    example.edit('index.js', (text) =>
      text.replace(
        "export const open = async () => { throw new Error('the licence has ended') }\nexport const opened = async (",
        'export const open = async (',
      ),
    )
    configure({ settings: { cards: example.register('other.json', 'Amina Elsewhere') } })
    const early = await start(here, shop)
    await reload()
    expect((await status()).problem).to.equal(undefined)
    const opened = here.broker.world.idSystems.begun({ id: 'library', version: '2.3.0', generation: 5 })
    expect(opened?.generation).to.equal(5)
    expect((await finish(here, shop, early)).name).to.equal('Amina 3')
    expect((await wholeLogin(here, shop)).name).to.equal('Amina Elsewhere')
  })

  it('every broker on the store does it, one that starts later opens the newest, and logins of an opening that is not there go on', async () => {
    const early = await start(here, shop)
    const second = await brokerHere({ choices, data: here.data })
    try {
      expect(second.broker.world.idSystem.generation).to.equal(7)
      example.ship('4.0.0', 'Amina Fourth')
      await reload()
      for (const one of [here, second]) expect(one.broker.world.idSystem.generation).to.equal(8)
      expect(second.broker.world.idSystems.begun({ id: 'library', version: '2.3.0', generation: 3 })?.generation).to.equal(8)
      const { out } = await plugin('status')
      expect(out.match(/4\.0\.0/g)).to.have.length(2)
      await finish(here, shop, early)
    } finally {
      await second.end()
    }
  })

  it('the facts that it follows come to whichever opening serves, once', async () => {
    const heard = (): readonly string[] => readFileSync(join(here.data, 'plugin/heard.txt'), 'utf8').split('\n').filter(Boolean)
    const given = readEvents(here.data, "s.name LIKE 'consent-%' AND e.type = 'ConsentGiven'").length
    await until('every agreement was heard of', () => heard().length === given)
    expect(new Set(heard()).size).to.equal(given)
  })
})
