import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { mockPlugin } from '../../adapters/id-system/mock/plugin.ts'
import type { World } from '../../src/world.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { dpopKey, freshNonce, pushWithProof, redeemWithProof, userinfoWithProof } from '../support/dpop.ts'
import {
  accept,
  call,
  callbackOf,
  form,
  newParty,
  PAR,
  PERSON,
  redeem,
  register,
  requestOf,
  TX,
  userinfo,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser } from '../support/scripted-browser.ts'

/** How often requests waited: what is asked before an answer came counts once, as it does where it is elsewhere. */
type Waits = { secrets: number; keys: number }

const ASKING = ['put', 'get', 'extend', 'remove', 'removeAll', 'use', 'useInOrder', 'resolve', 'find', 'join', 'touch', 'byRef']

describe('issue 7: what nodes share is asked once to read and once to write for a request (decision 0071)', () => {
  let here: BrokerHere
  let shop: Party
  let bank: Party
  let waits: Waits

  before(async () => {
    const plugin = mockPlugin()
    // It tells nobody of what happened: that is read for beside the requests, at any time.
    const open: typeof plugin.open = async (settings, tools) => {
      const { notify: _notify, ...system } = await plugin.open(settings, tools)
      return system
    }
    here = await brokerHere({ choices: () => [{ module: 'mock', settings: {}, plugin: { ...plugin, open } }] })
    shop = await register(here, await newParty('shop'))
    bank = await register(here, await newParty('bank', 'ES256', { profile: 'fapi2' }))
    const { world } = here.broker
    const underWay: Waits = { secrets: 0, keys: 0 }
    const counted = <Port extends object>(port: Port, role: keyof Waits): Port =>
      new Proxy(port, {
        get: (of, name) => {
          const value: unknown = Reflect.get(of, name)
          if (typeof value !== 'function' || !ASKING.includes(String(name))) return value
          return async (...args: readonly unknown[]): Promise<unknown> => {
            if (underWay[role] === 0) waits[role] += 1
            underWay[role] += 1
            try {
              return await Reflect.apply(value, of, args)
            } finally {
              underWay[role] -= 1
            }
          }
        },
      })
    Object.assign(world, {
      vault: counted(world.vault, 'secrets'),
      singleUse: counted(world.singleUse, 'secrets'),
      personKeys: counted(world.personKeys, 'keys'),
    } satisfies Partial<World>)
  })
  after(() => here.end())

  const asked: Record<string, Waits> = {}
  const step = async <T>(name: string, take: () => Promise<T> | T): Promise<T> => {
    waits = { secrets: 0, keys: 0 }
    const taken = await take()
    asked[name] = waits
    return taken
  }

  /** A login by a one-time code, up to the code. */
  const login = async (party: Party, push: (members: Readonly<Record<string, string>>) => ReturnType<typeof call>) => {
    const { members, verifier } = await requestOf(party)
    const { json } = await step('par', () => push(members))
    const browser = scriptedBrowser(here.issuer)
    const begun = form({ client_id: party.id, request_uri: String(json['request_uri']) })
    const page = await step('authorize and page', () => browser.get(`/authorize?${begun}`))
    const transaction = TX.exec(page.url.pathname)?.[0] ?? ''
    const sent = await step('choose', () => browser.submit(page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'otp' } }))
    const otp = await here.otpOf(transaction)
    const proven = await step('otp', () => browser.submit(sent, 'form-otp', { values: { otp } }))
    const back = await step('consent', () => accept(browser, proven))
    return { code: callbackOf(back).searchParams.get('code') ?? '', verifier }
  }

  it('in a login of a person who is new, and in the next one, that needs no consent', async () => {
    for (const again of [false, true]) {
      const signedIn = await login(shop, (members) => call(here, shop, PAR, members))
      const { json } = await step('token', () => redeem(here, shop, signedIn))
      expect((await step('userinfo', () => userinfo(here, String(json['access_token'])))).status).to.equal(200)
      expect(asked).to.deep.equal({
        par: { secrets: 1, keys: 0 },
        'authorize and page': { secrets: 1, keys: 0 },
        // Sealed, and read by whoever delivers the message; then the page that follows is a request of its own.
        choose: { secrets: 2 + 1, keys: 1 },
        // Read before the ID system is asked, written when it answered, and a page; where a consent stands, claims are written, and no page follows.
        otp: { secrets: 2 + 1, keys: 2 },
        consent: again ? { secrets: 0, keys: 0 } : { secrets: 2, keys: 1 },
        token: { secrets: 1, keys: 0 },
        userinfo: { secrets: 1, keys: 0 },
      })
    }
  })

  it('of a relying party with DPoP no more often', async () => {
    const key = await dpopKey()
    const signedIn = await login(bank, (members) => pushWithProof(here, bank, members, key))
    const nonce = await freshNonce(here, key)
    const { json } = await step('token', () => redeemWithProof(here, bank, signedIn, key, { claims: { nonce } }))
    const { status } = await step('userinfo', () => userinfoWithProof(here, String(json['access_token']), key, { claims: { nonce } }))
    expect(status).to.equal(200)
    for (const name of ['par', 'token', 'userinfo']) expect(asked[name], name).to.deep.equal({ secrets: 1, keys: 0 })
  })
})
