import { describe, it, before, beforeEach, after, afterEach } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WAIT_MS } from '../../../adapters/id-system/kit/asking.ts'
import { GROUPS } from '../../../adapters/id-system/kit/checks/index.ts'
import { helpOf, readFixtures, runKit, type FixtureFile, type KitOptions } from '../../../adapters/id-system/kit/kit.ts'
import { openWorld, type World } from '../../../adapters/id-system/kit/world.ts'
import { mockPlugin, readOutbox, setFaults } from '../../../adapters/id-system/mock/plugin.ts'
import type { PluginTools } from '../../../adapters/id-system/plugin.ts'
import { shortTransaction } from '../../../adapters/id-system/wire.ts'
import type { MockIdentitySystem } from '../../../ops/demo/mock-identity-system/server.ts'
import { bends } from '../../support/bent-plugins.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { startMockIdentitySystem } from '../../support/mock-identity-system.ts'
import { logBook, systemTimers as timers } from '../../support/plugin-world.ts'

const read = readFixtures(JSON.parse(readFileSync(new URL('../../../ops/demo/fixtures/mock.json', import.meta.url), 'utf8')))
if (!read.ok) throw new Error(read.problems.join())
const fixtures: FixtureFile = read.fixtures

const helpFor = (dataDirectory: string) => ({
  codes: async (transaction: string) =>
    (await readOutbox(dataDirectory)).filter((sent) => sent.transaction === transaction).map(({ otp }) => otp),
  outage: async (outage: boolean) => setFaults(dataDirectory, { outage }),
  slow: async (slowMs: number) => setFaults(dataDirectory, { slowMs }),
  time: async () => undefined,
})

describe('the conformance kit', () => {
  let dataDirectory: string

  beforeEach(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'kit-'))
  })
  afterEach(() => {
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  describe('finds what each check is for', () => {
    const checks = GROUPS.flatMap((group) => group.checks)
    let world: World

    afterEach(() => world.close().catch(() => undefined))

    it('has a plugin that is bad in the way of each check', async () => {
      world = await openWorld(options(handClock(), mockPlugin()))
      expect(new Set(bends.map(({ check }) => check))).to.deep.equal(new Set(checks.map(({ name }) => name)))
    })

    const options = (clock: HandClock, plugin: ReturnType<typeof mockPlugin>) => {
      const book = logBook()
      const tools: PluginTools = { clock, chance, log: book.log, dataDirectory }
      const open = async () => ({ description: plugin.describe({}), system: await plugin.open({}, tools) })
      return { fixtures, help: helpFor(dataDirectory), clock, chance, timers, book, open, codeValidForSMax: 600 }
    }

    for (const { check: name, bad, says, bend } of bends)
      it(`${name}: not where ${bad}`, async () => {
        world = await openWorld(options(handClock(), bend(mockPlugin())))
        const check = checks.find((one) => one.name === name)!
        expect(check.without?.(world)).to.equal(undefined)
        const found = await check.run(world).then(
          () => 'nothing',
          (error: unknown) => (error as Error).message,
        )
        expect(found).to.match(says)
        for (const secret of ['8267411571', '545411']) expect(found).not.to.include(secret)
      })
  })

  describe('over plugins in threads of their own (rule 42)', function () {
    this.timeout(90_000)
    const clock = { now: () => new Date().toISOString() }
    const wild = fileURLToPath(new URL('../../support/plugins/wild.js', import.meta.url))
    /** Who hangs is not waited for long. */
    const hurried = { sleep: (ms: number, signal?: AbortSignal) => timers.sleep(ms === WAIT_MS ? 500 : ms, signal) }
    let system: MockIdentitySystem
    let serverAheadMs = 0

    before(async () => {
      system = await startMockIdentitySystem('strict', () => new Date(Date.now() + serverAheadMs).toISOString())
    })
    after(() => system.close())

    const kit = (changes: Partial<KitOptions>) =>
      runKit({ module: 'mock', settings: {}, fixtures, help: helpFor(dataDirectory), clock, chance, timers, dataDirectory, ...changes })

    it('mock conforms', async () => {
      const { conforms, description, checks } = await kit({})
      expect(checks.filter(({ outcome }) => outcome === 'found')).to.deep.equal([])
      expect(conforms && description?.id).to.equal('mock')
    })

    it('mock-wire conforms, with a mock-identity-system behind it', async () => {
      const { checks } = await kit({
        module: 'mock-wire',
        settings: { url: system.url, allowLoopbackHttp: true, factors: ['otp', 'pin', 'password'] },
        fixtures: {
          valid: { ...fixtures.valid, aliases: [], proofs: { pin: '545411', password: 'Harbour-Lamp-71' } },
          second: { id: { type: 'uin', value: '1774231323' }, proofs: { pin: '111111' }, claims: ['name'] },
          unknown: fixtures.unknown,
          wrong: { otp: '000000', pin: '000000', password: 'not-my-password' },
        },
        help: {
          codes: async (transaction) =>
            system.mailbox().flatMap((sent) => (sent.transaction === shortTransaction(transaction) ? [sent.otp] : [])),
          outage: async (on) => system.setFaults(on ? { status: 503 } : {}),
          slow: async (delayMs) => system.setFaults({ delayMs }),
          time: async (aheadMs) => void (serverAheadMs = aheadMs),
        },
      })
      expect(checks.filter(({ outcome }) => outcome === 'found')).to.deep.equal([])
      expect(checks.filter(({ outcome }) => outcome === 'passed').length).to.be.above(25)
    })

    for (const [way, says] of [
      ['hangs', /did not answer/],
      ['exits', /its thread ended \(exited\)/],
      ['floods the log', /did not answer|floods the log/],
    ] as const)
      it(`one that ${way} is told so, and the kit ends`, async () => {
        const report = await kit({
          ...{ module: wild, timers: hurried, help: {} },
          fixtures: { ...fixtures, valid: { ...fixtures.valid, aliases: [], proofs: { password: way }, claims: ['name'] } },
        })
        const found = report.checks.filter(({ outcome }) => outcome === 'found')
        expect(report.conforms).to.equal(false)
        expect(found.length).to.be.at.least(3)
        expect(found.filter(({ detail = '' }) => says.test(detail)).length).to.be.at.least(3)
        expect(JSON.stringify(report)).not.to.match(/the proof was|8267411571/)
      })

    it('what is no plugin is told so', async () => {
      const report = await kit({ module: fileURLToPath(new URL('../../support/plugins/no-plugin.js', import.meta.url)) })
      expect(report.conforms).to.equal(false)
      expect(report.checks.map(({ check, detail }) => `${check}: ${detail ?? ''}`)).to.include(
        'can be opened: it exports no function open()',
      )
    })
  })

  describe('fixtures', () => {
    it('are checked before anything is opened, and what is wrong is told without the values', () => {
      const wrong = readFixtures({ ...fixtures, valid: { ...fixtures.valid, id: { type: 'passport', value: '8267411571' } } })
      expect(wrong.ok ? [] : wrong.problems).to.deep.equal(['/valid/id/type must be equal to one of the allowed values'])
    })

    it('name a program that helps, and its failure is told by what it should have done', async () => {
      const script = `process.stdout.write(process.argv.slice(1).join(' '))`
      const help = helpOf({ ...fixtures, helper: { program: ['node', '-e', script], can: ['codes'] } }, tmpdir(), '/folder')
      expect(await help.codes?.('tx_1')).to.deep.equal(['codes', 'tx_1', '/folder'])
      expect(help.outage).to.equal(undefined)
      const broken = helpOf({ ...fixtures, helper: { program: ['node', '-e', 'process.exit(1)'], can: ['outage'] } }, tmpdir(), '/folder')
      const failure = await broken.outage?.(true).catch((error: unknown) => (error as Error).message)
      expect(failure).to.equal('the helper of the fixtures did not do its work: outage')
    })
  })
})
