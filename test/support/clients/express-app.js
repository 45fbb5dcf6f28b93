// A relying party of Express and express-openid-connect, as its documentation has it: PAR, private_key_jwt, PKCE.
import { env } from 'node:process'
import express from 'express'
import eoc from 'express-openid-connect'

const { port, issuer, client, key, secret } = JSON.parse(env.RELYING_PARTY)
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const app = express()
app.get('/health', (_request, response) => void response.send('ok'))
app.use(
  eoc.auth({
    issuerBaseURL: issuer,
    baseURL: `http://127.0.0.1:${port}`,
    clientID: client,
    secret,
    clientAuthMethod: 'private_key_jwt',
    clientAssertionSigningKey: key,
    clientAssertionSigningAlg: 'ES256',
    idTokenSigningAlg: 'ES256',
    pushedAuthorizationRequests: true,
    idpLogout: false,
    authorizationParams: { response_type: 'code', response_mode: 'query', scope: 'openid profile email' },
  }),
)
app.get('/', async (request, response) => {
  const shown = { idToken: request.oidc.idTokenClaims, userinfo: await request.oidc.fetchUserInfo() }
  response.send(`<!doctype html><title>Signed in</title><pre id="person">${escaped(JSON.stringify(shown))}</pre>`)
})
const server = app.listen(port, '127.0.0.1')
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
