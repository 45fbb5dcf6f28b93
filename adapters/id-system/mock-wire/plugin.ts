/**
 * A mock-identity-system 0.13 over its REST API: the one of eSignet's own demonstrations, or `ops/demo/mock-identity-system` beside it.
 * It asks nobody who calls it, so it belongs into a network of its own.
 */
import { answersTo } from '../asked-fields.ts'
import { readCertificates, type PublishedKeys } from '../certificates.ts'
import { below, endpoint, type HttpClient } from '../../http-client.ts'
import { describeMosip, mosipSystem, type MosipCalls } from '../mosip.ts'
import type { IdSystem, Json, PluginDescription, PluginTools } from '../plugin.ts'
import { connect, failed, HEALTH_MS, listOf, membersOf, textOf } from '../wire.ts'
import { ask, requestTime } from './asking.ts'
import { readSettings, type MockWireSettings } from './settings.ts'

export { settingsSchema } from './settings.ts'

/** Its tokens live 180 s by its clock, which may be a little ahead of ours. */
const SESSION_LIFETIME_S = 170

const NO_SETTINGS = { url: '' }

export const describe = (given: { readonly [key: string]: Json } = NO_SETTINGS): PluginDescription =>
  describeMosip('mock-wire', readSettings(given), SESSION_LIFETIME_S)

const challengeOf =
  ({ questions }: MockWireSettings): MosipCalls['challengeOf'] =>
  ({ factor, proof }) => {
    switch (factor) {
      case 'otp':
        return { otp: proof }
      case 'pin':
        return { pin: proof }
      case 'password':
        return { password: proof }
      case 'knowledge': {
        const answers = answersTo(questions, proof)
        return answers && { kbi: Buffer.from(JSON.stringify(answers)).toString('base64url') }
      }
      case 'biometrics':
        return listOf(proof) && { biometrics: Buffer.from(proof).toString('base64url') }
      case 'wallet':
        return undefined
    }
  }

const fetchKeys = async (client: HttpClient, base: URL): Promise<PublishedKeys | undefined> => {
  const url = below(base, 'keys.json')
  const answer = await client.call({ method: 'GET', url, headers: { accept: 'application/json' }, waitMs: HEALTH_MS, repeatable: true })
  return answer.ok && answer.status === 200 ? readCertificates(membersOf(answer.body)) : undefined
}

const callsOf = (settings: MockWireSettings, { clock }: PluginTools): MosipCalls => {
  const base = endpoint(settings.url, 'url', { loopbackHttp: settings.allowLoopbackHttp === true })
  const client = connect(settings)
  const keys = (): Promise<PublishedKeys | undefined> => fetchKeys(client, base)
  return {
    challengeOf: challengeOf(settings),
    authenticate: async ({ party, id, transaction, waitMs }, challenge) => {
      const path = ['v2', 'kyc-auth', party.relyingParty, party.client]
      const asked = await ask(client, base, path, { transactionId: transaction, individualId: id, ...challenge }, waitMs)
      if (!asked.ok) return asked
      const { authStatus, kycToken, partnerSpecificUserToken } = asked.response
      const [token, subject] = [textOf(kycToken), textOf(partnerSpecificUserToken)]
      return { ok: true, isRight: authStatus !== false, ...(authStatus === true && token && subject && { token, subject }) }
    },
    sendCode: async ({ party, id, transaction, waitMs }, otpChannels) => {
      const path = ['send-otp', party.relyingParty, party.client]
      const asked = await ask(client, base, path, { transactionId: transaction, individualId: id, otpChannels }, waitMs)
      // The code would be of another login.
      return asked.ok && asked.response['transactionId'] !== transaction ? failed('unavailable', 'wrong_transaction') : asked
    },
    exchange: async ({ party, id, transaction, waitMs }, { token, claims, locales }) => {
      const body = {
        requestDateTime: requestTime(clock),
        transactionId: transaction,
        kycToken: token,
        individualId: id,
        acceptedClaims: claims,
        claimLocales: locales,
        // The service reads `respType`; its successors may read the other.
        respType: 'JWS',
        responseType: 'JWS',
      }
      const asked = await ask(client, base, ['v3', 'kyc-exchange', party.relyingParty, party.client], body, waitMs)
      return asked.ok ? { ok: true, jws: textOf(asked.response['kyc']) ?? '' } : asked
    },
    keys,
    health: async () => ((await keys()) === undefined ? { status: 'down', detail: 'its keys cannot be had' } : { status: 'up' }),
    close: client.close,
  }
}

export const open = async (given: { readonly [key: string]: Json }, tools: PluginTools): Promise<IdSystem> => {
  const settings = readSettings(given)
  const { relyingParties, relyingParty } = settings
  const partyOf = (client: string) => {
    const keepsSubjects = Object.hasOwn(relyingParties, client)
    return { relyingParty: (keepsSubjects ? relyingParties[client] : undefined) ?? relyingParty, client, keepsSubjects }
  }
  return mosipSystem({ description: describe(given), settings, partyOf, namesAudience: true }, callsOf(settings, tools), tools)
}
