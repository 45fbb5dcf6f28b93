import { expect } from 'chai'
import { exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose'
import { createPublicKey, randomBytes, randomUUID } from 'node:crypto'
import { execPath } from 'node:process'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import type { Browser } from 'playwright-core'
import { launchChromium, personOf } from '../../support/browser.ts'
import { freePorts, ROOT, typesOf } from '../../support/broker.ts'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { APACHE, apacheIn, MODULES } from '../../support/clients/apache.ts'
import { signInAt, type AtClient } from '../../support/clients/at-client.ts'
import { startForeign, withClientOf, type Start } from '../../support/clients/foreign.ts'

const PYTHON = '/usr/bin/python3'
const APPS = join(ROOT, 'test/support/clients')
/** What each of them is to show of the person that signed in. */
const NAME = 'Maya Rahimi'
const EMAIL = 'maya.rahimi@mail.almaria.example'

/**
 * Every relying party here runs on plain http at 127.0.0.1 and the broker on plain http at localhost, as the demonstration does: cross-site for
 * the browser, and each client has a switch or a habit that allows it.
 */
describe('relying parties of other people’s making, through Chromium', function () {
  this.timeout(90_000)
  let here: BrokerHere
  let chromium: Browser

  before(async () => {
    ;[here, chromium] = await Promise.all([brokerHere(), launchChromium()])
  })

  after(async () => {
    await chromium.close()
    await here.end()
  })

  const newKey = async (alg: 'ES256' | 'RS256') => {
    const pair = await generateKeyPair(alg, { extractable: true })
    const kid = randomUUID()
    const pem = await exportPKCS8(pair.privateKey)
    const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' })
    const publicJwk: JWK = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' }
    return { kid, pem, publicPem, publicJwk, jwk: { ...(await exportJWK(pair.privateKey)), kid, alg } }
  }

  const registerFor = async (id: string, redirectUri: string, jwk: JWK, more: Readonly<Record<string, unknown>> = {}): Promise<void> =>
    here.register({
      client_id: id,
      client_name: `The ${id}`,
      redirect_uris: [redirectUri],
      jwks: { keys: [jwk] },
      scope: 'openid profile email',
      claims: ['name', 'birthdate', 'email'],
      profile: 'compatible',
      ...more,
    })

  const throughChromium = async (start: Start, path = '/'): Promise<AtClient> => {
    const client = await startForeign(start)
    const page = await personOf(chromium)
    try {
      return await signInAt(page, `${client.origin}${path}`).catch((error: unknown) => {
        throw new Error(`${page.url()}\n${client.output()}`, { cause: error })
      })
    } finally {
      await page.context().close()
      await client.end()
    }
  }

  const expectWhole = ({ transaction, text }: AtClient): void => {
    expect(text).to.include(NAME).and.include(EMAIL).and.include(here.issuer)
    expect(typesOf(here.data, transaction)).to.include.members(['CodeIssued', 'TokenExchanged', 'UserinfoReleased'])
  }

  it('express-openid-connect: PAR, PKCE, private_key_jwt, signed userinfo', async () => {
    const [port = 0] = await freePorts(1)
    const key = await newKey('ES256')
    await registerFor('by-express', `http://127.0.0.1:${port}/callback`, key.publicJwk, { require_pushed_authorization_requests: true })
    const secret = randomBytes(32).toString('hex')
    const settings = { port, issuer: here.issuer, client: 'by-express', key: key.jwk, secret }
    expectWhole(
      await throughChromium({
        command: execPath,
        args: () => [join(APPS, 'express-app.js')],
        env: { RELYING_PARTY: JSON.stringify(settings) },
        port,
        readyPath: '/health',
      }),
    )
  })

  describe('Authlib', () => {
    withClientOf(
      [PYTHON, '/usr/lib/python3/dist-packages/authlib', '/usr/lib/python3/dist-packages/requests'],
      'python3-authlib python3-requests',
      () => {
        it('compatible profile: PKCE, private_key_jwt by RS256 for the token endpoint, userinfo in JSON', async () => {
          const [port = 0] = await freePorts(1)
          const key = await newKey('RS256')
          await registerFor('by-authlib', `http://127.0.0.1:${port}/callback`, key.publicJwk, { userinfo_format: 'json' })
          const settings = { port, issuer: here.issuer, client: 'by-authlib', key: key.pem }
          expectWhole(
            await throughChromium({
              command: PYTHON,
              args: () => [join(APPS, 'authlib_app.py')],
              env: { RELYING_PARTY: JSON.stringify(settings), PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
              port,
              readyPath: '/health',
            }),
          )
        })
      },
    )
  })

  describe('Apache mod_auth_openidc', () => {
    withClientOf([APACHE, join(MODULES, 'mod_auth_openidc.so')], 'apache2-bin libapache2-mod-auth-openidc', () => {
      it('compatible profile: PKCE, private_key_jwt by RS256 for the token endpoint, userinfo in JSON', async () => {
        const [port = 0] = await freePorts(1)
        const key = await newKey('RS256')
        // Configured by directives, the module reads no signed userinfo.
        await registerFor('by-apache', `http://127.0.0.1:${port}/account/back`, key.publicJwk, { userinfo_format: 'json' })
        const options = {
          port,
          issuer: here.issuer,
          client: 'by-apache',
          kid: key.kid,
          privateKey: key.pem,
          publicKey: key.publicPem,
          passphrase: randomBytes(16).toString('hex'),
        }
        expectWhole(
          await throughChromium(
            { command: APACHE, args: (folder) => apacheIn(folder, options), port, readyPath: '/health.txt' },
            '/account/',
          ),
        )
      })
    })
  })
})
