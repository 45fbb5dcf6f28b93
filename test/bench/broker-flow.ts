import { cookiesOf, type Answer, type Connection, type Sent } from './connection.ts'
import { expecting, known, locationOf, type Flow, type Login, type Step } from './flow.ts'
import { otpOf } from './id-system.ts'
import { form, type Party } from './party.ts'
import { relyingParty, type Provider } from './relying-party.ts'

/** The broker thinks that it stands behind a proxy which ends TLS, as in production. */
export const ISSUER = 'https://bench.example'

export const BROKER: Provider = {
  issuer: ISSUER,
  paths: {
    par: '/v1/esignet/oauth/par',
    authorize: '/authorize',
    token: '/v1/esignet/oauth/v2/token',
    userinfo: '/v1/esignet/oidc/userinfo',
  },
}

/** The first identifier; each login is of a person who was never here before, which is the dearest case. */
const FIRST_UIN = 1_000_000_000
const PEOPLE = 8_900_000_000

/** As the proxy would say it: each person in a network of their own. */
const addressOf = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

const cookieOf = (login: Login): string =>
  [...login].flatMap(([name, value]) => (name.startsWith('cookie:') && value !== '' ? [`${name.slice(7)}=${value}`] : [])).join('; ')

const keepCookies = (login: Login, answer: Answer): void => {
  for (const [name, value] of cookiesOf(answer)) login.set(`cookie:${name}`, value)
}

const headersOf = (login: Login, more: readonly string[]): readonly string[] => [
  `x-forwarded-for: ${known(login, 'address')}`,
  'accept: text/html',
  'accept-language: en',
  'sec-fetch-mode: navigate',
  `cookie: ${cookieOf(login)}`,
  ...more,
]

const ask = async (connection: Connection, login: Login, status: number, what: string, sent: Sent): Promise<Answer> => {
  const more = sent.method === 'POST' ? [`origin: ${ISSUER}`, 'sec-fetch-site: same-origin'] : []
  const answer = await expecting(connection, status, what, { ...sent, headers: headersOf(login, more) })
  keepCookies(login, answer)
  return answer
}

const submit = (connection: Connection, login: Login, step: string, members: Readonly<Record<string, string>>): Promise<Answer> =>
  ask(connection, login, 303, step, {
    method: 'POST',
    target: `${known(login, 'base')}/${step}`,
    body: `${form({ csrf: known(login, 'csrf'), ...members })}${step === 'consent' ? '&claims=email&claims=phone_number' : ''}`,
  })

const CSRF = /name="?csrf"? value="([^"]+)"/
const ASSETS = /(?:href|src)="?(\/static\/[^">\s]+)/g

/** Loads the page where the login stands; the first one brings the token that every form carries. */
const page =
  (withAssets: boolean): Step['run'] =>
  async (connection, login) => {
    const { body } = await ask(connection, login, 200, 'page', { method: 'GET', target: known(login, 'base') })
    const csrf = CSRF.exec(body)?.[1]
    if (csrf === undefined) throw new Error(`no form on the page:\n${body.slice(0, 2000)}`)
    login.set('csrf', csrf)
    if (!withAssets) return
    for (const path of new Set([...body.matchAll(ASSETS)].map(([, path = '']) => path)))
      await ask(connection, login, 200, path, { method: 'GET', target: path })
  }

/**
 * `forms`: the person's forms are posted directly; one page is loaded for their token. `pages`: every page is loaded, and with the first
 * one what it refers to, as a browser does that was never here.
 */
export const brokerFlow = (party: Party, interaction: 'forms' | 'pages', offset: number): Flow => {
  const rp = relyingParty(party, BROKER)
  const shown = (name: string): readonly Step[] => (interaction === 'pages' ? [{ name, run: page(false) }] : [])
  return {
    begin: (n) => {
      const uin = String(FIRST_UIN + ((offset + n) % PEOPLE))
      return rp
        .begin()
        .set('uin', uin)
        .set('address', addressOf(offset + n))
    },
    steps: [
      rp.par,
      {
        name: 'authorize',
        run: async (connection, login) => {
          const answer = await ask(connection, login, 303, 'authorize', { method: 'GET', target: rp.authorizeTarget(login) })
          login.set('base', new URL(locationOf(answer), ISSUER).pathname)
        },
      },
      { name: 'page', run: page(interaction === 'pages') },
      {
        name: 'choose',
        run: async (connection, login) => {
          await submit(connection, login, 'choose', { individual_id: known(login, 'uin'), factor: 'otp' })
        },
      },
      ...shown('otp page'),
      {
        name: 'otp',
        run: async (connection, login) => {
          await submit(connection, login, 'otp', { otp: otpOf(known(login, 'uin')) })
        },
      },
      ...shown('consent page'),
      {
        name: 'consent',
        run: async (connection, login) => rp.takeCode(login, await submit(connection, login, 'consent', { action: 'accept' })),
      },
      rp.token,
      rp.userinfo,
    ],
  }
}
