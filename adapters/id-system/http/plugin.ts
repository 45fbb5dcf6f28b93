/**
 * An ID system in any language, behind HTTP: it answers the contract of `plugin.ts` as JSON, each call at its own path. `contract.ts`
 * makes an OpenAPI document of it, and ops/id-systems.md says how to write one.
 *
 * What is asked is signed (RFC 9421), with a nonce, so that nobody else can guess at people's secrets there and nothing is asked twice by
 * somebody who listened. What is answered is believed by TLS. The ID system keeps the promises of idempotency, so a broken connection is
 * tried again.
 */
import { isDeepStrictEqual } from 'node:util'
import { below, type HttpAnswer, type HttpClient } from '../../http-client.ts'
import { Fault } from '../../../domain/ports.ts'
import { readAnswer, type Question } from '../answers.ts'
import { ANSWER_BYTES_MAX } from '../messages.ts'
import type { Call, IdSystem, IndividualId, Json, PluginAnswer, PluginDescription, PluginTools, RecordedFact } from '../plugin.ts'
import { secretOf } from '../plugin-key.ts'
import { answering, connect, failed, faultAnswer, fits, leftMs, membersOf, statusAnswer } from '../wire.ts'
import { ask, baseOf, type Service } from './service.ts'
import { settingsSchema, type HttpSettings } from './settings.ts'
import { signerOf, type Signer } from './signing.ts'

export { settingsSchema }

/** The first try, and one more where the connection broke: each signed anew. */
const TRIES_MAX = 2

/** A fact is taken within this time, or is told again later. */
const EVENT_MS = 20_000

/** Where nobody said yet what the ID system can do. */
const UNKNOWN: PluginDescription = {
  id: 'http',
  version: '0',
  api: 1,
  factors: [{ factor: 'pin', format: { kind: 'digits', lengthMin: 4, lengthMax: 12 } }],
  channels: [],
  idTypes: [{ type: 'uin', pattern: '^[0-9]{1,20}$', lengthMax: 20 }],
  claims: [],
  sessionSingleUse: false,
  sessionLifetimeS: 60,
}

// Settings were checked against the schema, which is this type.
const read = (given: { readonly [key: string]: Json }): HttpSettings => given as unknown as HttpSettings

export const describe = (given?: { readonly [key: string]: Json }): PluginDescription =>
  given === undefined ? UNKNOWN : read(given).service.description

type Http = { readonly client: HttpClient; readonly base: URL; readonly signer: Signer; readonly tools: PluginTools }

const post = async ({ client, base, signer, tools }: Http, path: string, body: object, deadline: string): Promise<HttpAnswer> => {
  const url = below(base, path)
  const bytes = Buffer.from(JSON.stringify(body))
  for (let tries = 1; ; tries += 1) {
    const headers = { accept: 'application/json', ...(await signer.sign('POST', url, bytes)) }
    const waitMs = leftMs({ deadline }, tools.clock)
    const answer = await client.call({ method: 'POST', url, headers, body: bytes, waitMs, repeatable: false })
    const broke = !answer.ok && (answer.fault === 'broken' || answer.fault === 'unsent')
    if (!broke || tries >= TRIES_MAX) return answer
  }
}

type Asked = Call & { readonly id?: IndividualId }

const question =
  (http: Http, { description }: Service, name: Question) =>
  async (request: Asked): Promise<PluginAnswer<never>> => {
    if (request.id !== undefined && !fits(description, request.id)) return failed('invalid_input')
    const answer = await post(http, name, request, request.deadline)
    if (!answer.ok) return faultAnswer(answer)
    if (answer.status !== 200) return statusAnswer(answer.status)
    return readAnswer<never>(name, membersOf(answer.body)) ?? failed('unavailable', 'answer_unfit')
  }

const follow =
  (http: Http) =>
  async (fact: RecordedFact): Promise<void> => {
    const deadline = new Date(Date.parse(http.tools.clock.now()) + EVENT_MS).toISOString()
    const answer = await post(http, 'events', fact, deadline)
    // The broker tells it again, later and later, and then parks it.
    if (!answer.ok || answer.status < 200 || answer.status > 299) throw new Fault('unavailable', 'the ID system did not take a fact')
  }

const healthOf = async ({ client, base }: Http, { service }: HttpSettings): Promise<Awaited<ReturnType<IdSystem['health']>>> => {
  const [health, told] = await Promise.all([ask(client, base, 'health'), ask(client, base, 'service')])
  const status = health?.['status']
  if (status !== 'up' && status !== 'degraded') return { status: 'down', detail: 'it does not say that it is up' }
  return isDeepStrictEqual(told, service)
    ? { status }
    : { status: 'degraded', detail: 'it says something else of itself than the settings' }
}

export const open = async (given: { readonly [key: string]: Json }, tools: PluginTools): Promise<IdSystem> => {
  const settings = read(given)
  const { url, allowLoopbackHttp, signingKeyFile, service } = settings
  const signer = await signerOf(secretOf(signingKeyFile, 'signingKeyFile'), tools)
  const http: Http = { client: connect(settings, ANSWER_BYTES_MAX), base: baseOf(url, allowLoopbackHttp === true), signer, tools }
  const members = service.calls.map((name) => [name, answering(tools, service.description.id, question(http, service, name))] as const)
  return {
    ...Object.fromEntries(members),
    ...(service.events.length > 0 && { on: Object.fromEntries(service.events.map((type) => [type, follow(http)])) }),
    health: () => healthOf(http, settings),
    close: async () => http.client.close(),
  }
}
