import { SignJWT } from 'jose'
import { after, before } from 'mocha'
import { randomUUID } from 'node:crypto'
import { brokerHere, type BrokerHere } from './broker-here.ts'
import { form, FORM, newParty, register, type Party } from './rp.ts'
import { send, type Got } from './scripted-browser.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type Attacked = { readonly here: () => BrokerHere; readonly party: (id: string) => Party }

/** One broker for the `describe` that calls this, with relying parties of these names. */
export const attacked = (ids: readonly string[] = ['shop', 'other'], env: Record<string, string> = {}): Attacked => {
  let here: BrokerHere | undefined
  const parties = new Map<string, Party>()
  before(async () => {
    here = await brokerHere({ env })
    for (const id of ids) parties.set(id, await register(here, await newParty(id)))
  })
  after(() => here?.end())
  return {
    here: () => {
      if (here === undefined) throw new Error('the broker does not run yet')
      return here
    },
    party: (id) => {
      const party = parties.get(id)
      if (party === undefined) throw new Error(`nobody registered ${id}`)
      return party
    },
  }
}

/** Now, as the broker's clock says, in seconds. */
export const secondsOf = (here: BrokerHere): number => Math.floor(Date.parse(here.clock.now()) / 1000)

/** A client assertion of which every header and claim can be made wrong. */
export const signedAssertion = (
  here: BrokerHere,
  party: Party,
  wrong: { readonly header?: Readonly<Record<string, unknown>>; readonly claims?: Readonly<Record<string, unknown>> } = {},
): Promise<string> => {
  const now = secondsOf(here)
  const claims = { iss: party.id, sub: party.id, aud: here.issuer, jti: randomUUID(), iat: now, exp: now + 60, ...wrong.claims }
  return new SignJWT(claims).setProtectedHeader({ alg: party.alg, kid: party.kid, ...wrong.header }).sign(party.key)
}

export type Answered = Got & { readonly json: Readonly<Record<string, unknown>> }

/** A form posted with nothing added. */
export const post = async (
  here: BrokerHere,
  path: string,
  body: string | Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = FORM,
): Promise<Answered> => {
  const got = await send(here.issuer, { method: 'POST', path, headers, body: typeof body === 'string' ? body : form(body) })
  return { ...got, json: got.body.startsWith('{') ? (JSON.parse(got.body) as Record<string, unknown>) : {} }
}

/** A call that is authenticated by whatever is handed in. */
export const present = (
  here: BrokerHere,
  path: string,
  assertion: string,
  members: Readonly<Record<string, string>> = {},
): Promise<Answered> => post(here, path, { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE, ...members })

/** Status and error, for one comparison. */
export const told = ({ status, json }: Answered): readonly unknown[] => [status, json['error']]
