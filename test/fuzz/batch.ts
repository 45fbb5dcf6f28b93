import { createPrivateKey, type KeyObject } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { exportJWK } from 'jose'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { readEvents } from '../support/broker.ts'
import { dpopKey } from '../support/dpop.ts'
import {
  accept,
  begin,
  callbackOf,
  newParty,
  PERSON,
  proveByPin,
  redeem,
  register,
  signIn,
  userinfo,
  type Begun,
  type Party,
} from '../support/rp.ts'
import type { Page } from '../support/scripted-browser.ts'
import { shots, type Attacker } from './shots.ts'
import { fire, type Shot, type Shown } from './wire.ts'

/** Requests under way at once. */
const AT_ONCE = 24

/** Made at a time: what is signed for now must not be old when it is sent. */
const CHUNK = 250

/** Somebody else, whom the attacker is. */
const ATTACKER = '1774231323'

export type Found = { readonly what: string; readonly shot?: Shot; readonly shown?: Shown }

export type Batch = { readonly requests: number; readonly statuses: Readonly<Record<string, number>>; readonly found: readonly Found[] }

type Victim = {
  readonly party: Party
  /** At the consent page, when everything begins. */
  readonly waiting: Begun & { readonly consent: Page }
  /** With a code that nobody has redeemed. */
  readonly canaries: readonly string[]
}

/** Logins of somebody else in every stage, and what of them must never be seen. */
const victimOf = async (here: BrokerHere): Promise<Victim> => {
  const party = await register(here, await newParty('victim'))
  const done = await signIn(here, party, { tick: ['email', 'phone_number'] })
  const { json } = await redeem(here, party, done)
  const token = String(json['access_token'])
  const payload = Buffer.from((await userinfo(here, token)).body.split('.')[1] ?? '', 'base64url').toString()
  const { name, email, phone_number: phone, sub } = JSON.parse(payload) as Readonly<Record<string, string>>
  const opened = await begin(here, party, { with: { prompt: 'consent' } })
  const waiting = await begin(here, party, { with: { prompt: 'consent' } })
  const consent = await proveByPin(waiting)
  const cookies = [done, opened, waiting].flatMap(({ browser }) => [...browser.cookies.values()])
  const secrets = [done, opened, waiting].flatMap(({ state, nonce, verifier }) => [state, nonce, verifier])
  const canaries = [PERSON.id, PERSON.pin, name, email, phone, sub, token, done.code, ...cookies, ...secrets]
  return {
    party,
    waiting: { ...waiting, consent },
    canaries: canaries.filter((text): text is string => text !== undefined && text.length > 5),
  }
}

const keyObject = (key: Party['key']): Promise<KeyObject> => exportJWK(key).then((jwk) => createPrivateKey({ key: jwk, format: 'jwk' }))

const attackerOf = async (here: BrokerHere, victim: Victim): Promise<Attacker> => {
  const party = await register(here, await newParty('mallory'))
  const dpop = await dpopKey()
  const logins = await Promise.all(
    [0, 1, 2].map(async (n) => {
      const begun = await begin(here, party)
      const page =
        n === 0 ? begun.page : await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: ATTACKER, factor: 'pin' } })
      return {
        transaction: begun.transaction,
        cookie: [...begun.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        csrf: /name="?csrf"? value="([^"]+)"/.exec(page.html)?.[1] ?? '',
      }
    }),
  )
  return {
    issuer: here.issuer,
    client: party.id,
    redirectUri: party.redirectUri,
    kid: party.kid,
    key: await keyObject(party.key),
    dpopJwk: dpop.jwk,
    dpopKey: await keyObject(dpop.privateKey),
    now: () => Math.floor(Date.now() / 1000),
    logins,
    transactions: [victim.waiting.transaction, 'tx_000000000000000000000000'],
    clients: [victim.party.id],
  }
}

type Streams = ReadonlyMap<string, readonly string[]>

const streamsOf = (here: BrokerHere): Streams => {
  const streams = new Map<string, string[]>()
  for (const { stream, type } of readEvents(here.data)) {
    const types = streams.get(stream)
    if (types === undefined) streams.set(stream, [type])
    else types.push(type)
  }
  return streams
}

/** What time alone records. */
const BY_TIME = new Set(['AuthorizationExpired', 'AuthorizationFailed', 'TransactionClosed'])

const changed = (before: Streams, after: Streams): readonly Found[] =>
  [...before].flatMap(([stream, types]) => {
    const now = after.get(stream) ?? []
    const added = now.slice(types.length).filter((type) => !BY_TIME.has(type))
    const same = types.every((type, index) => now[index] === type)
    return same && added.length === 0 ? [] : [{ what: `${stream.slice(0, 50)} changed: ${added.join(' ')}` }]
  })

const volley = async (here: BrokerHere, all: readonly Shot[], canaries: readonly string[]): Promise<Omit<Batch, 'requests'>> => {
  const found: Found[] = []
  const statuses: Record<string, number> = {}
  const left = all[Symbol.iterator]()
  const one = async (): Promise<void> => {
    for (const shot of left) {
      const shown = await fire(here.broker.port, shot)
      const group = shown.status === 0 ? 'closed' : `${String(Math.floor(shown.status / 100))}xx`
      statuses[group] = (statuses[group] ?? 0) + 1
      if (shown.status >= 500) found.push({ what: `status ${shown.status}`, shot, shown })
      if (canaries.some((canary) => shown.text.includes(canary))) found.push({ what: 'a canary in an answer', shot, shown })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return { statuses, found }
}

/** The victim goes on where they were: nothing of theirs was used up. */
const goesOn = async (here: BrokerHere, { party, waiting }: Victim): Promise<readonly Found[]> => {
  try {
    const back = callbackOf(await accept(waiting.browser, waiting.consent))
    const { status } = await redeem(here, party, { code: back.searchParams.get('code') ?? '', verifier: waiting.verifier })
    return status === 200 ? [] : [{ what: `the victim's code was answered with ${status}` }]
  } catch (error) {
    return [{ what: `the victim could not go on: ${error instanceof Error ? error.message : ''}` }]
  }
}

/** A broker of its own, a victim, and so many requests of an attacker. The same seed makes the same requests, but for keys and names. */
export const runBatch = async (seed: number, requests: number, show: (done: number) => void = () => undefined): Promise<Batch> => {
  const here = await brokerHere({ env: { ESIGNET_REQUESTS_PER_MINUTE: '1000000' } })
  try {
    const victim = await victimOf(here)
    const before = streamsOf(here)
    const attacker = await attackerOf(here, victim)
    await turn()
    const chunks: Omit<Batch, 'requests'>[] = []
    for (let sent = 0; sent < requests; sent += CHUNK) {
      const all = fc.sample(shots(attacker), { seed: seed + sent, numRuns: Math.min(CHUNK, requests - sent) })
      chunks.push(await volley(here, all, victim.canaries))
      show(Math.min(sent + CHUNK, requests))
    }
    const statuses = chunks.reduce<Record<string, number>>((sum, chunk) => {
      for (const [group, count] of Object.entries(chunk.statuses)) sum[group] = (sum[group] ?? 0) + count
      return sum
    }, {})
    const found = chunks.flatMap((chunk) => chunk.found)
    const after = streamsOf(here)
    const logged = victim.canaries.filter((canary) => here.log().includes(canary)).map(() => ({ what: 'a canary in the log' }))
    const errors = here
      .log()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'))
      .slice(0, 5)
      .map((line) => ({ what: `an error in the log: ${line.slice(0, 500)}` }))
    const rest = await goesOn(here, victim)
    return { requests, statuses, found: [...found, ...changed(before, after), ...logged, ...errors, ...rest] }
  } finally {
    await here.end()
  }
}
