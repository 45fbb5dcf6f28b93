import { cookiesOf, type Connection } from './connection.ts'
import { expecting, known, locationOf, type Flow, type Login, type Step } from './flow.ts'
import type { Party } from './party.ts'
import { relyingParty } from './relying-party.ts'

const PATHS = { par: '/request', authorize: '/auth', token: '/token', userinfo: '/me' }

const cookieOf = (login: Login): string =>
  [...login].flatMap(([name, value]) => (name.startsWith('cookie:') && value !== '' ? [`${name.slice(7)}=${value}`] : [])).join('; ')

const follow = async (connection: Connection, login: Login, what: string, target: string): Promise<string> => {
  const answer = await expecting(connection, 303, what, { method: 'GET', target, headers: [`cookie: ${cookieOf(login)}`] })
  for (const [name, value] of cookiesOf(answer)) login.set(`cookie:${name}`, value)
  return locationOf(answer)
}

const onward = (name: string, from: string, to: string): Step => ({
  name,
  run: async (connection, login) => {
    const location = await follow(connection, login, name, known(login, from))
    login.set(to, new URL(location, 'http://127.0.0.1').pathname)
  },
})

/** node-oidc-provider: its interactions finish by themselves when they are opened. `two`: login and consent apart, as it comes. */
export const peerFlow = (party: Party, issuer: string, interactions: 'one' | 'two'): Flow => {
  const rp = relyingParty(party, { issuer, paths: PATHS })
  const between = interactions === 'two' ? [onward('resume', 'resume', 'interaction'), onward('consent', 'interaction', 'resume')] : []
  return {
    begin: () => rp.begin(),
    steps: [
      rp.par,
      {
        name: 'authorize',
        run: async (connection, login) => {
          login.set('authorize', rp.authorizeTarget(login))
          login.set('interaction', await follow(connection, login, 'authorize', known(login, 'authorize')))
        },
      },
      onward('login', 'interaction', 'resume'),
      ...between,
      {
        name: 'code',
        run: async (connection, login) => {
          const headers = [`cookie: ${cookieOf(login)}`]
          const answer = await expecting(connection, 303, 'code', { method: 'GET', target: known(login, 'resume'), headers })
          rp.takeCode(login, answer)
        },
      },
      rp.token,
      rp.userinfo,
    ],
  }
}
