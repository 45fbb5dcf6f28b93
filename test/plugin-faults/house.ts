import { fileURLToPath } from 'node:url'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeStatus } from '../../src/plugin-status.ts'
import { pluginChoices } from '../../src/plugin-choices.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { library, newBorrower, readerOf, wholeLogin } from '../support/library.ts'
import { accept, begin, callbackOf, register, type Begun, type Party } from '../support/rp.ts'
import type { Page } from '../support/scripted-browser.ts'

const WILD = fileURLToPath(new URL('../support/plugins/wild.js', import.meta.url))

/** A broker with two ID systems of others, each in a thread: the library, whose readers sign in, and one that goes wrong on request. */
export type House = {
  readonly here: BrokerHere
  readonly example: ReturnType<typeof library>
  /** A whole login with the library; how long it took, milliseconds. */
  readonly borrow: () => Promise<number>
  /** A login with the wild one, as far as the page that answers this proof. */
  readonly tryWild: (proof: string) => Promise<{ readonly begun: Begun; readonly page: Page }>
  /** From that page to the end by the right proof. */
  readonly recover: (tried: { readonly begun: Begun; readonly page: Page }) => Promise<boolean>
  readonly status: () => Promise<NodeStatus['plugins']>
  readonly cli: (...args: readonly string[]) => Promise<string>
  readonly reload: (version: string) => Promise<void>
  readonly end: () => Promise<void>
}

const WILD_ASKED = { scope: 'openid', claims: JSON.stringify({ userinfo: { name: { essential: true } } }) }

export const house = async (): Promise<House> => {
  const example = library()
  const config = join(example.folder, 'config.json')
  const idSystems = [
    { id: 'library', module: example.module },
    { id: 'wild', module: WILD, settings: { chokes: true } },
  ]
  writeFileSync(config, JSON.stringify({ idSystems }))
  const here = await brokerHere({
    choices: () => pluginChoices({ idSystems }),
    // One machine signs everybody in, and people without a device of their own are what is tried here.
    env: { ESIGNET_REQUESTS_PER_MINUTE: '100000', ESIGNET_GUARD_WHEN: 'never' },
  })
  const lender: Party = await register(here, await newBorrower('lender'))
  const victim: Party = await register(here, await newBorrower('victim', { claims: ['name'], id_system: 'wild' }))
  let [readers, others] = [0, 0]
  const cli: House['cli'] = async (...args) => (await here.cli([...args, '--config', config])).out
  return {
    ...{ here, example, cli },
    borrow: async () => {
      const began = performance.now()
      await wholeLogin(here, lender, readerOf((readers += 1)))
      return performance.now() - began
    },
    tryWild: async (proof) => {
      const begun = await begin(here, victim, { with: WILD_ASKED })
      const id = String(5_000_000_000 + (others += 1))
      const page = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: id, factor: 'password' } })
      return { begun, page: await begun.browser.submit(page, 'form-password', { values: { password: proof } }) }
    },
    recover: async ({ begun, page }) => {
      // A page that failed leads back to the same login: nothing was lost.
      const again = page.has('form-password') ? page : await begun.browser.get(begun.base)
      if (!again.has('form-password')) return false
      const proven = await begun.browser.submit(again, 'form-password', { values: { password: 'right' } })
      if (!proven.has('form-consent')) return false
      return callbackOf(await accept(begun.browser, proven)).searchParams.has('code')
    },
    status: async () => (JSON.parse(await cli('plugin', 'status', '--json')) as readonly NodeStatus[]).flatMap(({ plugins }) => plugins),
    reload: async (version) => {
      example.ship(version, `Amina ${version}`)
      await cli('plugin', 'reload', 'library')
    },
    end: async () => {
      await here.end()
      example.end()
    },
  }
}
