import { expect } from 'chai'
import { describe, it } from 'mocha'
import { accessTokenClaims, idTokenClaims, userinfoClaims } from '../../domain/tokens.ts'

const COMMON = { issuer: 'https://id.example', client: 'rp', sub: 'subject', issuedAt: 1000 }

describe('claim sets of tokens (rule 33)', () => {
  it('ID token: OpenID Connect Core §2, without azp', () => {
    const token = { ...COMMON, expiresAt: 1600, authTime: 990, amr: ['otp'], accessTokenHash: 'hash' }
    expect(idTokenClaims(token)).to.deep.equal({
      iss: 'https://id.example',
      sub: 'subject',
      aud: 'rp',
      exp: 1600,
      iat: 1000,
      auth_time: 990,
      amr: ['otp'],
      at_hash: 'hash',
    })
    expect(idTokenClaims({ ...token, acr: 'a', nonce: 'n' })).to.include({ acr: 'a', nonce: 'n' })
  })

  it('access token: RFC 9068 with the issuer as its audience', () => {
    expect(accessTokenClaims({ ...COMMON, expiresAt: 1600, id: 'tx_a.b', scope: 'openid' })).to.deep.equal({
      iss: 'https://id.example',
      sub: 'subject',
      aud: 'https://id.example',
      exp: 1600,
      iat: 1000,
      jti: 'tx_a.b',
      client_id: 'rp',
      scope: 'openid',
    })
  })

  it('userinfo: no released claim stands where a JWT has its own', () => {
    const members = { name: 'A', 'name#fr': 'B', iss: 'evil', sub: 'evil', aud: 'evil', exp: 1, nbf: 9, jti: 'x', cnf: {}, iat: 5 }
    expect(userinfoClaims({ ...COMMON, members })).to.deep.equal({
      name: 'A',
      'name#fr': 'B',
      iss: 'https://id.example',
      sub: 'subject',
      aud: 'rp',
      iat: 1000,
    })
  })
})
