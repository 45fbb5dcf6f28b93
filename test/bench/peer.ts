/**
 * The peer: node-oidc-provider with its memory adapter, in a process of its own. Its interactions finish by themselves, and nothing of
 * it is durable.
 */
import { createPrivateKey } from 'node:crypto'
import type { Server } from 'node:http'
import { argv } from 'node:process'
import Provider from 'oidc-provider'
import type { Jwk, Party } from './party.ts'
import { claimsOf } from './id-system.ts'

/** What the coordinator tells it. */
export type PeerOrders = { readonly port: number; readonly party: Party; readonly key: Jwk; readonly interactions: 'one' | 'two' }

const orders = JSON.parse(argv[2] ?? '{}') as PeerOrders
const { port, party, key, interactions } = orders

const signingKey = { ...createPrivateKey({ key, format: 'jwk' }).export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: party.id,
      redirect_uris: [party.redirectUri],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'ES256',
      userinfo_signed_response_alg: 'ES256',
      jwks: { keys: [{ ...party.publicJwk, kid: party.kid, alg: 'ES256', use: 'sig' }] },
    },
  ],
  jwks: { keys: [signingKey] },
  clientAuthMethods: ['private_key_jwt'],
  claims: { openid: ['sub'], profile: ['name', 'birthdate', 'gender'], email: ['email'], phone: ['phone_number'] },
  features: {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    jwtUserinfo: { enabled: true },
    claimsParameter: { enabled: true },
  },
  cookies: { keys: ['bench'] },
  interactions: { url: (_context: unknown, interaction: { readonly uid: string }) => `/interaction/${interaction.uid}` },
  findAccount: (_context: unknown, accountId: string) => ({
    accountId,
    claims: () => ({ ...claimsOf(accountId), name: `Maya Rahimi ${accountId}`, sub: accountId }),
  }),
})

const UIN = 1_000_000_000
let people = 0

type Asked = { readonly missingOIDCScope?: readonly string[]; readonly missingOIDCClaims?: readonly string[] }

const grantOf = (accountId: string, asked: Asked): Promise<string> => {
  const grant = new provider.Grant({ accountId, clientId: party.id })
  grant.addOIDCScope(asked.missingOIDCScope?.join(' ') ?? 'openid profile')
  grant.addOIDCClaims(asked.missingOIDCClaims ?? ['name', 'birthdate', 'email', 'phone_number'])
  return grant.save()
}

provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next()
  const { prompt, session } = await provider.interactionDetails(context.req, context.res)
  const accountId = session?.accountId ?? String(UIN + people++)
  const isLogin = prompt.name === 'login'
  const grants = !isLogin || interactions === 'one'
  const result = {
    ...(isLogin && { login: { accountId } }),
    ...(grants && { consent: { grantId: await grantOf(accountId, isLogin ? {} : prompt.details) } }),
  }
  context.status = 303
  context.redirect(await provider.interactionResult(context.req, context.res, result, { mergeWithLastSubmission: true }))
  context.status = 303
  return undefined
})

const server: Server = provider.listen(port, '127.0.0.1')
server.keepAliveTimeout = 65_000
