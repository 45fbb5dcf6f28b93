/**
 * What "works as a plugin" means: the checks of the conformance kit (`adapters/id-system/kit/`), as tests. Third parties may run them
 * over their own plugin, here or with `esignet plugin check <module> --fixtures FILE`:
 *
 *     idSystemContract({ name: 'mine', plugin: () => import('mine'), settings, fixtures, sentCodes })
 *
 * The plugin runs in this thread and by a clock that is moved by hand, so that what ends can be seen to end.
 */
import { describe, it, before, after } from 'mocha'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GROUPS } from '../../adapters/id-system/kit/checks/index.ts'
import type { Fixtures } from '../../adapters/id-system/kit/fixtures.ts'
import { openWorld, type Opened, type World } from '../../adapters/id-system/kit/world.ts'
import type { IdSystemPlugin, Json } from '../../adapters/id-system/plugin.ts'
import { openPrepared, prepare, refuse, shapeOf } from '../../adapters/id-system/prepare.ts'
import { systemChance as chance } from '../support/chance.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'
import { logBook, systemTimers as timers } from '../support/plugin-world.ts'

export type { Fixtures, PersonFixture } from '../../adapters/id-system/kit/fixtures.ts'

export type ContractOptions = {
  readonly name: string
  readonly plugin: () => Promise<IdSystemPlugin>
  readonly settings: { readonly [key: string]: Json }
  readonly fixtures: Fixtures
  /** The codes that were sent in a transaction, newest first. Needed where the plugin describes `otp`. */
  readonly sentCodes?: (dataDirectory: string, transaction: string) => Promise<readonly string[]>
  /** Makes the ID system behind the plugin unreachable, and reachable again. */
  readonly outage?: (dataDirectory: string, on: boolean) => Promise<void>
  /** Makes every call take this long; 0 ends it. */
  readonly slow?: (dataDirectory: string, ms: number) => Promise<void>
  /** How long the plugin's codes work at most, seconds. Default 600. */
  readonly codeValidForSMax?: number
  /** Of the fixtures (`kit/fixtures.ts`). */
  readonly tellsUnknown?: boolean
  /** The clock of the plugin, where the ID system behind it must go by the same. */
  readonly clock?: HandClock
}

export const idSystemContract = (options: ContractOptions): void => {
  const { name, plugin, settings, sentCodes, outage, slow, codeValidForSMax = 600, tellsUnknown = true, clock = handClock() } = options
  const fixtures = { ...options.fixtures, tellsUnknown }
  describe(`${name} as an ID system`, () => {
    let dataDirectory: string
    let world: World
    const book = logBook()

    const open = async (): Promise<Opened> => {
      const prepared = prepare(shapeOf(await plugin()), settings)
      if (!prepared.ok) throw refuse(name, prepared.problems)
      const opened = await openPrepared(prepared, { clock, chance, log: book.log, dataDirectory })
      if (!opened.ok) throw refuse(name, opened.problems)
      return { description: prepared.description, system: opened.system }
    }

    before(async () => {
      dataDirectory = mkdtempSync(join(tmpdir(), 'id-system-'))
      const help = {
        ...(sentCodes && { codes: (transaction: string) => sentCodes(dataDirectory, transaction) }),
        ...(outage && { outage: (on: boolean) => outage(dataDirectory, on) }),
        ...(slow && { slow: (ms: number) => slow(dataDirectory, ms) }),
        // It goes by the clock of the plugin, which is moved already.
        time: async () => undefined,
      }
      world = await openWorld({ fixtures, help, clock, chance, timers, book, open, codeValidForSMax })
    })
    after(async () => {
      await world.close()
      rmSync(dataDirectory, { recursive: true, force: true })
    })

    for (const { group, checks } of GROUPS)
      describe(group, () => {
        for (const check of checks)
          it(check.name, async function () {
            const why = check.without?.(world)
            const said = why === undefined ? await check.run(world) : `left out: ${why}`
            if (said !== undefined && this.test) this.test.title += ` (${said})`
          })
      })
  })
}
