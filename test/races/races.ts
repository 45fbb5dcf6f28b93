import { Fault } from '../../domain/ports.ts'
import { withdrawConsent } from '../../src/steps/withdraw.ts'
import { textOf } from '../../src/text-of.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { dpopKey, proofOf, type DpopKey } from '../support/dpop.ts'
import {
  assertionOf,
  begin,
  call,
  form,
  FORM,
  grantOf,
  newParty,
  PAR,
  proveByPin,
  redeem,
  register,
  requestOf,
  signIn,
  TOKEN,
  USERINFO,
  type Party,
} from '../support/rp.ts'
import { pairsOf, send, type Got } from '../support/scripted-browser.ts'

/** Requests that are sent at once in every round. */
export const WIDTH = 50

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type Field = {
  /** Two nodes on one data folder: what one of them has in memory does not help the other. */
  readonly nodes: readonly BrokerHere[]
  readonly plain: Party
  readonly bound: Party
  readonly key: DpopKey
  readonly close: () => Promise<void>
}

export type Round = {
  /** Who got what only one may get. */
  readonly winners: number
  /** What else must be so; each line is something that is not. */
  readonly wrong: readonly string[]
}

export type Race = { readonly name: string; readonly run: (field: Field, round: number) => Promise<Round> }

const UNLIMITED = { ESIGNET_REQUESTS_PER_MINUTE: '1000000' }

export const openField = async (): Promise<Field> => {
  const one = await brokerHere({ env: UNLIMITED })
  const two = await brokerHere({ data: one.data, env: { ...UNLIMITED, ESIGNET_ISSUER: one.issuer } })
  const plain = await register(one, await newParty('plain'))
  const bound = await register(one, await newParty('bound', 'ES256', { profile: 'fapi2' }))
  return {
    nodes: [one, two],
    plain,
    bound,
    key: await dpopKey(),
    close: async () => {
      await two.end()
      await one.end()
    },
  }
}

const first = ({ nodes: [node] }: Field): BrokerHere => {
  if (node === undefined) throw new Error('a field has a node')
  return node
}

/** Where each of the fifty goes: to one node and to the other by turns. */
const originOf = ({ nodes }: Field, n: number): string => `http://localhost:${nodes[n % nodes.length]?.broker.port ?? 0}`

const atOnce = <T>(act: (n: number) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: WIDTH }, (_none, n) => act(n)))

const post = (field: Field, n: number, path: string, members: Readonly<Record<string, string>>, headers = {}): Promise<Got> =>
  send(originOf(field, n), { method: 'POST', path, headers: { ...FORM, ...headers }, body: form(members) })

const count = (got: readonly Got[], status: number): number => got.filter((one) => one.status === status).length

/** Those who lost are told so: with a word of OAuth, and never by a fault of ours. */
const losersSay = (got: readonly Got[], won: number, status: number, error: string): readonly string[] =>
  got
    .filter((one) => one.status !== won && !(one.status === status && one.body.includes(`"${error}"`)))
    .map((one) => `a loser was told ${one.status} ${one.body.slice(0, 200)}`)

const typesOf = async (field: Field, transaction: string): Promise<readonly string[]> =>
  (await first(field).broker.world.journal.read(`authorization-${transaction}`)).map(({ type }) => type)

const onlyOne = (types: readonly string[], type: string): readonly string[] => {
  const found = types.filter((one) => one === type).length
  return found === 1 ? [] : [`${found} events ${type}`]
}

const code: Race = {
  name: 'authorization code',
  run: async (field) => {
    const here = first(field)
    const signedIn = await signIn(here, field.plain)
    const bodies = await atOnce(async () => ({
      client_id: field.plain.id,
      client_assertion: await assertionOf(here, field.plain),
      client_assertion_type: ASSERTION_TYPE,
      ...grantOf(field.plain, signedIn),
    }))
    const got = await atOnce((n) => post(field, n, TOKEN, bodies[n] ?? {}))
    const wrong = [...losersSay(got, 200, 400, 'invalid_grant'), ...onlyOne(await typesOf(field, signedIn.transaction), 'TokenExchanged')]
    return { winners: count(got, 200), wrong }
  },
}

const requestUri: Race = {
  name: 'PAR request_uri',
  run: async (field) => {
    const { members } = await requestOf(field.plain)
    const { json } = await call(first(field), field.plain, PAR, members)
    const uri = String(json['request_uri'])
    const path = `/authorize?${form({ client_id: field.plain.id, request_uri: uri })}`
    // Fifty browsers that have never been here.
    const got = await atOnce((n) => send(originOf(field, n), { path, headers: { 'sec-fetch-site': 'cross-site' } }))
    const types = await typesOf(field, /tx_[0-9a-z]+/.exec(uri)?.[0] ?? '')
    const refused = got.filter(({ status }) => status !== 303 && (status < 400 || status > 499))
    return {
      winners: got.filter(({ status, cookies }) => status === 303 && cookies.length > 0).length,
      wrong: [...refused.map(({ status }) => `a loser was told ${status}`), ...onlyOne(types, 'AuthorizationOpened')],
    }
  },
}

const assertion: Race = {
  name: 'client assertion jti',
  run: async (field) => {
    const here = first(field)
    const { members } = await requestOf(field.plain)
    const body = { ...members, client_assertion: await assertionOf(here, field.plain), client_assertion_type: ASSERTION_TYPE }
    const got = await atOnce((n) => post(field, n, PAR, body))
    return { winners: count(got, 201), wrong: losersSay(got, 201, 401, 'invalid_client') }
  },
}

const proof: Race = {
  name: 'DPoP proof jti',
  run: async (field) => {
    const here = first(field)
    const { members } = await requestOf(field.bound)
    const iat = Math.floor(Date.now() / 1000)
    const dpop = await proofOf(field.key, { htm: 'POST', htu: `${here.issuer}${PAR}`, iat })
    const bodies = await atOnce(async () => ({
      ...members,
      client_assertion: await assertionOf(here, field.bound),
      client_assertion_type: ASSERTION_TYPE,
    }))
    const got = await atOnce((n) => post(field, n, PAR, bodies[n] ?? {}, { dpop }))
    return { winners: count(got, 201), wrong: losersSay(got, 201, 400, 'invalid_dpop_proof') }
  },
}

/** A refusal leaves no standing consent of this login behind. */
const leftBehind = async (field: Field, transaction: string): Promise<readonly string[]> => {
  const { journal } = first(field).broker.world
  const page = await journal.store.readAll({ filter: { types: ['ConsentGiven'] }, max: 1024 })
  const streams = new Set(page.events.map(({ stream }) => stream).filter((stream) => stream.startsWith('consent-')))
  const last = await Promise.all([...streams].map((stream) => journal.last(stream)))
  const standing = last.filter((event) => event?.type !== 'ConsentWithdrawn' && event?.data['transaction'] === transaction)
  return standing.map(() => 'the refusal left a standing consent')
}

/** Everybody who is led back got the same answer, so a double click is no harm (rule 30); those who came with another wish get none. */
const consent: Race = {
  name: 'consent decision',
  run: async (field, round) => {
    const here = first(field)
    const begun = await begin(here, field.plain, { with: { prompt: 'consent' } })
    const page = await proveByPin(begun)
    const asked = page.form('form-consent')
    const cookie = [...begun.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...FORM, cookie, origin: here.issuer, 'sec-fetch-site': 'same-origin' }
    // In every second round half of them refuse.
    const buttons = round % 2 === 0 ? ['accept'] : ['accept', 'cancel']
    const got = await atOnce((n) => {
      const button = buttons[n % buttons.length] ?? 'accept'
      const body = new URLSearchParams(pairsOf(asked, { button }).map(([name, value]) => [name, value])).toString()
      return send(originOf(field, n), { method: 'POST', path: asked.action, headers, body })
    })
    const types = await typesOf(field, begun.transaction)
    const decided = types.filter((type) => ['ConsentGiven', 'ConsentDenied'].includes(type))
    const back = got.flatMap(({ headers: { location } }) => (location?.startsWith('https://') === true ? [location] : []))
    // Who came while the other node was releasing may be told to try again, and is led back then (rule 29).
    const faults = got.filter(({ status, body }) => status > 499 && !(status === 503 && body.includes('form-retry')))
    return {
      winners: decided.length,
      wrong: [
        ...(new Set(back).size > 1 ? [`${new Set(back).size} different ways back`] : []),
        ...(back.length === 0 ? ['nobody was led back'] : []),
        ...faults.map(({ status }) => `somebody was told ${status}`),
        ...(decided[0] === 'ConsentGiven' ? onlyOne(types, 'CodeIssued') : await leftBehind(field, begun.transaction)),
      ],
    }
  },
}

/** Events by which something leaves the broker. */
const RELEASES = ['TokenExchanged', 'UserinfoReleased']

/** An answer that must not be: acknowledged while the tokens live. */
const TOO_EARLY: Got = { status: 200, headers: {}, cookies: [], body: 'acknowledged too early' }

/** Asked again like somebody who was told to try again, until it is acknowledged. */
const TRIES_MAX = 20
const acknowledged = async ({ broker: { world } }: BrokerHere, consent: string): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    const id = world.chance.uuid()
    try {
      const refusal = await withdrawConsent(world, { consent, id, causation: id, at: world.clock.now() }, { by: 'operator' })
      if (refusal === undefined || refusal === 'consent_withdrawn') return
      throw new Error(`taking back was refused: ${refusal}`)
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'unavailable') || tries === TRIES_MAX) throw error
    }
  }
}

/**
 * Some take the agreement back, by both nodes, while others exchange the code and use the token (rule 13). Who took it back wins, whoever
 * was quicker: nothing is released after AccessRevoked, and nothing that begins after the acknowledgement is answered.
 */
const withdrawal: Race = {
  name: 'withdrawal against exchange and userinfo',
  run: async (field, round) => {
    const here = first(field)
    const signedIn = await signIn(here, field.plain)
    const isEarly = round % 2 === 0
    // In every second round the token is there before, so that userinfo is what races.
    const held = isEarly ? '' : String((await redeem(here, field.plain, signedIn)).json['access_token'])
    const [given] = (await here.broker.world.journal.read(`authorization-${signedIn.transaction}`)).filter(({ data }) => 'consent' in data)
    const consent = textOf(given?.data['consent'])
    const bodies = await atOnce(async () => ({
      client_id: field.plain.id,
      client_assertion: await assertionOf(here, field.plain),
      client_assertion_type: ASSERTION_TYPE,
      ...grantOf(field.plain, signedIn),
    }))
    const bearer = (n: number, token: string): Promise<Got> =>
      send(originOf(field, n), { path: USERINFO, headers: { authorization: `Bearer ${token}` } })
    const use = async (n: number): Promise<readonly Got[]> => {
      if (!isEarly) return [await bearer(n, held)]
      const exchanged = await post(field, n, TOKEN, bodies[n] ?? {})
      const token = exchanged.status === 200 ? String((JSON.parse(exchanged.body) as Record<string, unknown>)['access_token']) : ''
      return token === '' ? [exchanged] : [exchanged, await bearer(n, token), await bearer(n + 1, token)]
    }
    const takeBack = async (n: number): Promise<readonly Got[]> => {
      await acknowledged(field.nodes[n % field.nodes.length] ?? here, consent)
      if (!(await typesOf(field, signedIn.transaction)).includes('AccessRevoked')) return [TOO_EARLY]
      // Acknowledged: from here on each node says no, whatever it has in memory.
      const token = held === '' ? `${signedIn.transaction}.none` : held
      return [await bearer(n, token), await bearer(n + 1, token), await post(field, n, TOKEN, bodies[n] ?? {})]
    }
    const withdrawers = new Set([round % WIDTH, (round * 7 + 1) % WIDTH])
    const got = await atOnce((n) => (withdrawers.has(n) ? takeBack(n) : use(n)))
    const types = await typesOf(field, signedIn.transaction)
    const late = types.slice(types.indexOf('AccessRevoked')).filter((type) => RELEASES.includes(type))
    const answered = got.flatMap((answers, n) => (withdrawers.has(n) ? answers.filter(({ status }) => status < 400) : []))
    // Who lost the stream to others three times is told to try again (rule 5).
    const faults = got.flat().filter(({ status, body }) => status > 499 && !(status === 503 && body.includes('temporarily_unavailable')))
    return {
      winners: types.filter((type) => type === 'AccessRevoked').length,
      wrong: [
        ...late.map((type) => `${type} after AccessRevoked`),
        ...answered.map(({ status }) => `answered ${String(status)} after it was acknowledged`),
        ...faults.map(({ status, body }) => `somebody was told ${String(status)} ${body.slice(0, 100)}`),
      ],
    }
  },
}

export const RACES: readonly Race[] = [code, requestUri, assertion, proof, consent, withdrawal]

export type Result = { readonly race: string; readonly rounds: number; readonly won: number; readonly wrong: readonly string[] }

/** Runs a race again and again. `show` hears of each round. */
export const runRace = async (
  field: Field,
  race: Race,
  rounds: number,
  show: (round: number) => void = () => undefined,
): Promise<Result> => {
  let won = 0
  const wrong: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    const { winners, wrong: found } = await race.run(field, round)
    if (winners === 1) won += 1
    else wrong.push(`round ${round}: ${winners} winners`)
    wrong.push(...found.map((line) => `round ${round}: ${line}`))
    show(round + 1)
  }
  return { race: race.name, rounds, won, wrong }
}
