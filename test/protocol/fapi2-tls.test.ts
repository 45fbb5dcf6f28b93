import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { request } from 'node:https'
import { connect, type ConnectionOptions } from 'node:tls'
import { freePorts } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { startForeign, withClientOf, type Foreign } from '../support/clients/foreign.ts'
import { NGINX, nginxIn, OPENSSL } from '../support/clients/nginx.ts'

const ISSUER = 'https://id.example'
/** BCP 195 (RFC 9325 §4.2): what is recommended with TLS 1.2. */
const RECOMMENDED = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
]
/** Without forward secrecy, with CBC, or with SHA-1. */
const WEAK = ['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES128-SHA256']

describe('FAPI 2.0 Security Profile: TLS, by the configuration of nginx that the README gives', () => {
  withClientOf([NGINX, OPENSSL], 'nginx-light openssl', () => {
    let here: BrokerHere
    let nginx: Foreign
    let tlsPort = 0

    before(async () => {
      here = await brokerHere({ env: { ESIGNET_ISSUER: ISSUER } })
      const [port = 0, free = 0] = await freePorts(2)
      tlsPort = free
      const args = (folder: string) => nginxIn(folder, { upstream: here.broker.port, tlsPort, port })
      nginx = await startForeign({ command: NGINX, args, port, readyPath: '/' })
    })

    after(async () => {
      await nginx.end()
      await here.end()
    })

    /** What was agreed on, or that nothing was. */
    const agreed = (options: ConnectionOptions): Promise<string> =>
      new Promise((resolve) => {
        // The certificate is its own authority; what is looked at here is the protocol.
        const socket = connect(
          { host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false, servername: 'id.example', ...options },
          () => {
            resolve(`${socket.getProtocol() ?? ''} ${socket.getCipher().standardName}`)
            socket.destroy()
          },
        )
        socket.once('error', () => resolve('refused'))
      })

    it('5.2.1: TLS 1.3 where both can, TLS 1.2 where one cannot, nothing older', async () => {
      expect(await agreed({})).to.match(/^TLSv1\.3 /)
      expect(await agreed({ maxVersion: 'TLSv1.2' })).to.match(/^TLSv1\.2 /)
      for (const version of ['TLSv1.1', 'TLSv1'] as const)
        expect(await agreed({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }), version).to.equal('refused')
    })

    it('5.2.2, 5.2.3-2: with TLS 1.2 the suites that BCP 195 recommends, and no others', async () => {
      for (const ciphers of RECOMMENDED) expect(await agreed({ maxVersion: 'TLSv1.2', ciphers }), ciphers).to.match(/^TLSv1\.2 TLS_ECDHE_/)
      for (const ciphers of WEAK)
        expect(await agreed({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), ciphers).to.equal('refused')
    })

    it('5.2.3-1: what passes through is the broker’s, HSTS among it', async () => {
      const { headers, body } = await new Promise<{ readonly headers: Readonly<Record<string, unknown>>; readonly body: string }>(
        (resolve, reject) => {
          const asked = request(
            {
              host: '127.0.0.1',
              port: tlsPort,
              servername: 'id.example',
              path: '/.well-known/openid-configuration',
              rejectUnauthorized: false,
              agent: false,
            },
            (reply) => {
              let text = ''
              reply.on('data', (chunk: Buffer) => (text += chunk.toString()))
              reply.on('end', () => resolve({ headers: reply.headers, body: text }))
            },
          )
          asked.on('error', reject)
          asked.end()
        },
      )
      expect(headers['strict-transport-security']).to.include('preload')
      expect(JSON.parse(body)).to.include({ issuer: ISSUER })
    })
  })
})
