import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFaults } from '../../adapters/id-system/mock/faults.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { readEvents, until } from '../support/broker.ts'
import {
  accept,
  assertionOf,
  begin,
  callbackOf,
  form,
  FORM,
  grantOf,
  newParty,
  proveByPin,
  redeem,
  register,
  TOKEN,
  userinfo,
  type Party,
} from '../support/rp.ts'
import { send, type Page } from '../support/scripted-browser.ts'

/** How an incident is played: sign-ins in all, and how the ID system fails. */
export type Script = {
  readonly logins: number
  /** `outage`: it says at once that it cannot; `timeout`: it does not answer, and the broker gives up after ten seconds. */
  readonly failure: 'outage' | 'timeout'
  readonly note?: (text: string) => void
}

/** What really happened, for comparison with what the commands say. */
export type Truth = {
  readonly here: BrokerHere
  readonly signedIn: readonly string[]
  /** The ID system did not answer; the person gave up. */
  readonly unanswered: readonly string[]
  /** The ID system did not answer at first; the person tried again and signed in. */
  readonly recovered: readonly string[]
  readonly wrongClock: readonly string[]
  readonly attacks: readonly string[]
  /** The owner of the identifier under attack, in the middle of it. */
  readonly owner: string
  readonly victim: { readonly id: string; readonly pin: string }
  readonly secondsAhead: number
  /** Configuration file of the ID system, for commands that ask it. */
  readonly config: string
  readonly end: () => Promise<void>
}

const SECONDS_AHEAD = 420
const AT_ONCE = 8
const AT_ONCE_UNANSWERED = 100
/** A little longer than the broker waits for a verdict. */
const SLOW_MS = 11_000
const FREED_MS = 2000
const BREAKER_S = 10
const PROBES = 3
const ATTACK_SHARE = 0.02
/** Between two sign-ins of the attacker, seconds. */
const ATTACK_GAP_S = 20
const CLOSED_WITHIN_MS = 120_000

const idOf = (n: number): string => String(5_000_000_000 + n)
const pinOf = (n: number): string => String(100_000 + ((n * 7919) % 900_000))

const peopleFile = (folder: string, count: number): string => {
  const file = join(folder, 'people.json')
  const people = Array.from({ length: count }, (_, n) => ({
    record: `person${String(n).padStart(16, '0')}`,
    ids: { uin: idOf(n) },
    pin: pinOf(n),
    claims: { name: `Person ${n}`, birthdate: '1990-01-01' },
  }))
  writeFileSync(file, JSON.stringify({ people }))
  return file
}

/** Some at a time, in order. */
const inLots = async <T, R>(items: readonly T[], atOnce: number, act: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let mine = next++; mine < items.length; mine = next++) results[mine] = await act(items[mine]!)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return results
}

const finish = async (here: BrokerHere, party: Party, begun: Awaited<ReturnType<typeof begin>>, proven: Page): Promise<void> => {
  const callback = callbackOf(await accept(begun.browser, proven))
  const { json } = await redeem(here, party, { code: callback.searchParams.get('code') ?? '', verifier: begun.verifier })
  await userinfo(here, String(json['access_token']))
}

const signIn = async (here: BrokerHere, party: Party, n: number): Promise<string> => {
  const begun = await begin(here, party)
  await finish(here, party, begun, await proveByPin(begun, idOf(n), pinOf(n)))
  return begun.transaction
}

const wrongClock = async (here: BrokerHere, party: Party, n: number): Promise<string> => {
  const begun = await begin(here, party)
  const callback = callbackOf(await accept(begun.browser, await proveByPin(begun, idOf(n), pinOf(n))))
  const now = Math.floor(Date.parse(here.clock.now()) / 1000) + SECONDS_AHEAD
  const assertion = await assertionOf(here, party, { iat: now, exp: now + 60 })
  const grant = grantOf(party, { code: callback.searchParams.get('code') ?? '', verifier: begun.verifier })
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  await send(here.issuer, {
    method: 'POST',
    path: TOKEN,
    headers: FORM,
    body: form({ ...grant, client_assertion: assertion, client_assertion_type: type }),
  })
  return begun.transaction
}

const attack = async (here: BrokerHere, party: Party, id: string): Promise<string> => {
  const begun = await begin(here, party)
  let page = await proveByPin(begun, id, '000001')
  for (let guess = 2; guess <= 3 && page.has('form-pin'); guess += 1)
    page = await begun.browser.submit(page, 'form-pin', { values: { pin: String(guess).padStart(6, '0') } })
  return begun.transaction
}

/**
 * Sign-ins over a real broker, in which three things go wrong at once: an ID system that does not answer for part of them, a relying party
 * whose clock is wrong, and somebody who guesses one person's PIN. In the end all of it is over.
 */
export const play = async (script: Script): Promise<Truth> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-incident-'))
  const people = peopleFile(folder, script.logins)
  const config = join(folder, 'config.json')
  writeFileSync(config, JSON.stringify({ plugin: { module: 'mock', settings: { people } } }))
  const here = await brokerHere({ env: { ESIGNET_REQUESTS_PER_MINUTE: '1000000' }, mock: { people } })
  const end = async (): Promise<void> => {
    await here.end()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    return { here, end, config, ...(await playOn(here, script)) }
  } catch (error) {
    await end()
    throw error
  }
}

const playOn = async (
  here: BrokerHere,
  { logins, failure, note = () => undefined }: Script,
): Promise<Omit<Truth, 'here' | 'end' | 'config'>> => {
  const attacks = Math.max(6, Math.floor(logins * ATTACK_SHARE))
  const shares = { unanswered: Math.floor(logins * 0.1), recovered: Math.floor(logins * 0.05), wrongClock: Math.floor(logins * 0.05) }
  const ordinary = logins - attacks - 1 - shares.unanswered - shares.recovered - shares.wrongClock
  const parties: Party[] = []
  for (const id of ['bank', 'shop', 'clinic']) parties.push(await register(here, await newParty(id)))
  const [bank, shop, clinic] = parties as [Party, Party, Party]
  const partyOf = (n: number): Party => (n % 3 === 0 ? bank : shop)
  const numbers = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, n) => from + n)
  const plugin = join(here.data, 'plugin')
  let from = 1

  note(`${ordinary} sign-ins as always`)
  const signedIn = await inLots(numbers(from, ordinary), AT_ONCE, (n) => signIn(here, partyOf(n), n))
  from += ordinary
  note(`${shares.wrongClock} at the relying party with a wrong clock`)
  const clocks = await inLots(numbers(from, shares.wrongClock), AT_ONCE, (n) => wrongClock(here, clinic, n))
  from += shares.wrongClock

  note(`${shares.unanswered + shares.recovered} while the ID system does not answer`)
  const begun = await inLots(numbers(from, shares.unanswered + shares.recovered), AT_ONCE, async (n) => {
    const login = await begin(here, shop)
    // The ID system still says who it is: it fails when it is to judge the proof.
    const chosen = await login.browser.submit(login.page, 'form-choose', { values: { individual_id: idOf(n), factor: 'pin' } })
    return { n, login, chosen }
  })
  setFaults(plugin, failure === 'outage' ? { outage: true } : { slowMs: SLOW_MS })
  const asked = await inLots(begun, AT_ONCE_UNANSWERED, async ({ n, login, chosen }) => {
    return { n, login, page: await login.browser.submit(chosen, 'form-pin', { values: { pin: pinOf(n) } }) }
  })
  setFaults(plugin, {})
  // Calls that nobody waits for any more still hold their places in the ID system's bulkhead, and its breaker stays open for a while.
  if (failure === 'timeout') await sleep(FREED_MS)
  here.clock.pass(BREAKER_S)
  const again = asked.slice(shares.unanswered)
  const tryAgain = async ({ n, login, page }: (typeof again)[number]): Promise<void> =>
    finish(here, shop, login, await login.browser.submit(page, 'form-pin', { values: { pin: pinOf(n) } }))
  // The breaker lets one through at a time until it closes.
  await inLots(again.slice(0, PROBES), 1, tryAgain)
  await inLots(again.slice(PROBES), AT_ONCE, tryAgain)

  note(`${attacks} by somebody who guesses one person's PIN`)
  const victim = { id: idOf(0), pin: pinOf(0) }
  const attacked: string[] = []
  let owner = ''
  for (let n = 0; n < attacks; n += 1) {
    here.clock.pass(ATTACK_GAP_S)
    attacked.push(await attack(here, n % 2 === 0 ? bank : shop, victim.id))
    if (n !== Math.floor(attacks / 2)) continue
    const own = await begin(here, bank)
    await proveByPin(own, victim.id, victim.pin)
    owner = own.transaction
  }

  note('until all of them are over')
  here.clock.pass(3600)
  const over = ['TransactionClosed', 'AuthorizationFailed', 'AuthorizationExpired'].map((type) => `'${type}'`).join()
  await until('all sign-ins are over', () => readEvents(here.data, `e.type IN (${over})`).length >= logins, CLOSED_WITHIN_MS)
  const names = (all: readonly { readonly login: { readonly transaction: string } }[]) => all.map(({ login }) => login.transaction)
  return {
    ...{ signedIn, owner, victim, secondsAhead: SECONDS_AHEAD, attacks: attacked, wrongClock: clocks },
    ...{ unanswered: names(asked.slice(0, shares.unanswered)), recovered: names(again) },
  }
}
