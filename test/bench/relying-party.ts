import { randomBytes } from 'node:crypto'
import { expecting, known, locationOf, memberOf, type Login, type Step } from './flow.ts'
import type { Answer } from './connection.ts'
import { noProofs, proofsOf } from './proofs.ts'
import { ASSERTION_TYPE, assertionsOf, CLAIMS, form, newPkce, type Party } from './party.ts'

/** What a provider wants from a relying party; the same three steps for every server. */
export type Provider = {
  readonly issuer: string
  readonly paths: { readonly par: string; readonly authorize: string; readonly token: string; readonly userinfo: string }
}

export type RelyingParty = {
  readonly begin: () => Login
  readonly par: Step
  readonly token: Step
  readonly userinfo: Step
  /** Where the browser is sent after `par`. */
  readonly authorizeTarget: (login: Login) => string
  /** Takes the code from the redirect that ends in the relying party. */
  readonly takeCode: (login: Login, answer: Answer) => void
}

export const relyingParty = (party: Party, { issuer, paths }: Provider): RelyingParty => {
  const assertion = assertionsOf(party, issuer)
  const proofs = party.dpopJwk === undefined ? noProofs : proofsOf(party.dpopJwk, issuer)
  const scheme = party.dpopJwk === undefined ? 'Bearer' : 'DPoP'
  const authenticated = (members: Readonly<Record<string, string>>): string =>
    form({ client_id: party.id, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion(), ...members })
  return {
    begin: () => {
      const { verifier, challenge } = newPkce()
      return new Map([
        ['verifier', verifier],
        ['challenge', challenge],
      ])
    },
    par: {
      name: 'par',
      run: async (connection, login) => {
        const body = authenticated({
          response_type: 'code',
          redirect_uri: party.redirectUri,
          scope: 'openid profile',
          claims: CLAIMS,
          code_challenge: known(login, 'challenge'),
          code_challenge_method: 'S256',
          state: randomBytes(16).toString('base64url'),
          nonce: randomBytes(16).toString('base64url'),
        })
        const answer = await expecting(connection, 201, 'par', {
          method: 'POST',
          target: paths.par,
          headers: proofs.headers('POST', paths.par),
          body,
        })
        proofs.learn(answer)
        login.set('request_uri', memberOf(answer, 'request_uri'))
      },
    },
    authorizeTarget: (login) => `${paths.authorize}?${form({ client_id: party.id, request_uri: known(login, 'request_uri') })}`,
    takeCode: (login, answer) => {
      const location = locationOf(answer)
      const code = location.startsWith(party.redirectUri) ? new URL(location).searchParams.get('code') : null
      if (code === null) throw new Error(`no code in ${location}`)
      login.set('code', code)
    },
    token: {
      name: 'token',
      run: async (connection, login) => {
        const body = authenticated({
          grant_type: 'authorization_code',
          code: known(login, 'code'),
          redirect_uri: party.redirectUri,
          code_verifier: known(login, 'verifier'),
        })
        const answer = await expecting(connection, 200, 'token', {
          method: 'POST',
          target: paths.token,
          headers: proofs.headers('POST', paths.token),
          body,
        })
        proofs.learn(answer)
        login.set('access_token', memberOf(answer, 'access_token')).set('id_token', memberOf(answer, 'id_token'))
      },
    },
    userinfo: {
      name: 'userinfo',
      run: async (connection, login) => {
        const token = known(login, 'access_token')
        const headers = [`authorization: ${scheme} ${token}`, ...proofs.headers('GET', paths.userinfo, token)]
        const answer = await expecting(connection, 200, 'userinfo', { method: 'GET', target: paths.userinfo, headers })
        proofs.learn(answer)
        login.set('userinfo', answer.body)
      },
    },
  }
}
