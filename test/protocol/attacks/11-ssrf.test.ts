// The attacker has a relying party, or forges a header, and wants the broker to fetch from inside its own network, or a key to be believed that nobody registered; `adapters/remote-documents/` and `src/crypto/client-assertion.ts` stop it.
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { mayReach } from '../../../adapters/remote-documents/addresses.ts'
import type { Network } from '../../../domain/ports.ts'
import { present, signedAssertion, told } from '../../support/attacked.ts'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { keyHost, type KeyHost } from '../../support/key-host.ts'
import { newParty, PAR, register, requestOf, type Party } from '../../support/rp.ts'

const REFUSED = [401, 'invalid_client']

describe('attack 11: where keys come from (SSRF through jwks_uri, jku, x5u, jwk)', () => {
  let host: KeyHost
  let here: BrokerHere
  let network: Network
  /** What the names lead to: changed by the tests, as an attacker changes their own DNS. */
  const names: Record<string, readonly string[]> = {}
  before(async () => {
    host = await keyHost()
    network = host.network(names)
    here = await brokerHere({ network: { ...network, mayReach: (address, listed) => network.mayReach(address, listed) } })
  })
  after(async () => {
    await here.end()
    await host.close()
  })

  const jwksOf = ({ registration }: Party): readonly object[] => (registration['jwks'] as { readonly keys: readonly object[] }).keys
  /** A relying party whose keys are published at this address. */
  const published = async (id: string, uri: string): Promise<Party> => {
    const party = await newParty(id)
    const { jwks: _jwks, ...others } = party.registration
    await register(here, { ...party, registration: { ...others, jwks_uri: uri } })
    return party
  }
  const push = async (party: Party, header?: Readonly<Record<string, unknown>>) =>
    told(await present(here, PAR, await signedAssertion(here, party, header && { header }), (await requestOf(party)).members))

  it('where nothing is wrong, its keys are those that it publishes', async () => {
    const party = await published('fine', host.uri)
    host.publish(jwksOf(party))
    expect(await push(party)).to.deep.equal([201, undefined])
    expect(await push(await newParty('fine')), 'another key').to.deep.equal(REFUSED)
  })

  it('inside addresses are not asked, by whichever name', async () => {
    const inside = [
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '192.168.1.1',
      '::1',
      '::ffff:127.0.0.1',
      'fe80::1',
      'fd00::1',
      '64:ff9b::7f00:1',
    ]
    // As the broker ships: the exception of this test is closed.
    const open = network.mayReach
    Object.assign(network, { mayReach })
    const before = host.requests()
    try {
      for (const [n, address] of inside.entries()) {
        names[`inside${n}.example`] = [address]
        const party = await published(`inside${n}`, `https://inside${n}.example:${host.port}/jwks`)
        host.publish(jwksOf(party))
        expect(await push(party), address).to.deep.equal(REFUSED)
        expect(here.log()).to.include(`"client":"inside${n}","reason":"address"`)
      }
      expect(host.requests()).to.equal(before)
    } finally {
      Object.assign(network, { mayReach: open })
    }
  })

  it('DNS rebinding: the address that was looked at is the only one, since there is no second look', async () => {
    let looks = 0
    const party = await published('rebind', `https://other.example:${host.port}/jwks`)
    Object.defineProperty(names, 'other.example', { get: () => ((looks += 1) === 1 ? ['10.0.0.1'] : ['127.0.0.1']), configurable: true })
    host.publish(jwksOf(party))
    const before = host.requests()
    expect(await push(party)).to.deep.equal(REFUSED)
    expect([looks, host.requests()]).to.deep.equal([1, before])
  })

  it('a redirect inside is not followed', async () => {
    const party = await published('redirect', host.uri)
    const before = host.requests()
    host.answer((_request, response) => void response.writeHead(302, { location: host.uri }).end())
    expect(await push(party)).to.deep.equal(REFUSED)
    expect(host.requests()).to.equal(before + 1)
  })

  it('a body without end is cut, and nothing of an answer reaches whoever asks', async () => {
    const party = await published('endless', host.uri)
    host.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      let ended = false
      response.on('close', () => (ended = true))
      const more = (): void => {
        if (ended) return
        response.write('"CANARY-OF-THE-INSIDE"'.repeat(500))
        setImmediate(more)
      }
      more()
    })
    const assertion = await signedAssertion(here, party)
    const got = await present(here, PAR, assertion, (await requestOf(party)).members)
    expect(told(got)).to.deep.equal(REFUSED)
    expect(got.body + here.log()).not.to.include('CANARY-OF-THE-INSIDE')
  })

  it('jku, x5u and jwk of a header are refused, and where they lead nobody asks', async () => {
    const party = await published('headers', host.uri)
    const stranger = await newParty('headers')
    host.publish(jwksOf(party))
    expect(await push(party)).to.deep.equal([201, undefined])
    host.publish(jwksOf(stranger))
    const before = host.requests()
    const [jwk] = jwksOf(stranger)
    for (const header of [{ jku: host.uri }, { x5u: host.uri }, { jwk }, { jku: host.uri, jwk }])
      for (const signer of [party, stranger])
        expect(await push(signer, { kid: party.kid, ...header }), Object.keys(header).join()).to.deep.equal(REFUSED)
    expect(host.requests()).to.equal(before)
  })

  it('what can be known beforehand is refused at the registration', async () => {
    for (const uri of [
      'http://keys.example/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://169.254.169.254/latest/',
      'https://localhost/',
    ]) {
      const refusal = await published('never', uri).catch((error: unknown) => String(error))
      expect(refusal, uri).to.include('jwks_uri')
    }
  })
})
