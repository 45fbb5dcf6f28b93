/**
 * A Sunbird RC registry: people answer what their record says of them, as with eSignet's plugin for it. It asks nobody who calls it, so it
 * belongs into a network of its own; and what is asked must not be known to others.
 */
import { Fault } from '../../../domain/ports.ts'
import { answersTo, formOf, KNOWLEDGE_FORMAT } from '../asked-fields.ts'
import { below, endpoint, type HttpAnswer, type HttpClient } from '../../http-client.ts'
import type { IdSystem, Json, PluginAnswer, PluginDescription, PluginTools } from '../plugin.ts'
import type { ReleaseAnswer, ReleaseRequest, VerifyAnswer, VerifyRequest } from '../plugin.ts'
import { sharedKeyOf } from '../plugin-key.ts'
import { sessionsOf, type Sessions } from '../sessions.ts'
import { answering, connect, DENIED, failed, faultAnswer, fits, HEALTH_MS, isMembers, leftMs, listOf, membersOf } from '../wire.ts'
import { statusAnswer, textOf, WRONG, type Failed, type Members } from '../wire.ts'
import { factsIn, holds, memberAt } from './record.ts'
import { readSettings, settingsSchema, type SunbirdSettings } from './settings.ts'

export { settingsSchema }

const ID = 'sunbird-rc'
const SESSION_LIFETIME_S = 600

/** Two are enough to see that it is not one. */
const FOUND_MAX = 2

const SOMETHING = { searchUrl: '', entityUrl: '', questions: [{ id: 'fullName', type: 'text', titles: { en: 'Full name' } }] }

export const describe = (given: { readonly [key: string]: Json } = SOMETHING): PluginDescription => {
  const { questions, claims, idTypes } = readSettings(given)
  return {
    id: ID,
    version: '1.0.0',
    api: 1,
    factors: [{ factor: 'knowledge', format: KNOWLEDGE_FORMAT, form: formOf(questions) }],
    channels: [],
    idTypes,
    claims: Object.keys(claims),
    sessionSingleUse: false,
    sessionLifetimeS: SESSION_LIFETIME_S,
  }
}

/** Which record. */
type Facts = { readonly entity: string }

type Registry = {
  readonly settings: SunbirdSettings
  readonly description: PluginDescription
  readonly tools: PluginTools
  readonly client: HttpClient
  readonly searchUrl: URL
  readonly entityUrl: URL
  readonly sessions: Sessions<Facts>
}

type Found = { readonly ok: true; readonly records: readonly unknown[] } | Failed

const JSON_BODY = { 'content-type': 'application/json;charset=UTF-8', accept: 'application/json' }

/** A list, or one that is wrapped together with its length. */
const recordsIn = (body: Uint8Array): readonly unknown[] | undefined => {
  const text = Buffer.from(body).toString('utf8')
  const wrapped = membersOf(text)?.['data']
  return listOf(text) ?? (Array.isArray(wrapped) ? (wrapped as readonly unknown[]) : undefined)
}

const foundIn = (answer: HttpAnswer): Found => {
  if (!answer.ok) return faultAnswer(answer)
  if (answer.status !== 200) return statusAnswer(answer.status)
  const records = recordsIn(answer.body)
  return records === undefined ? failed('unavailable', 'answer_unfit') : { ok: true, records }
}

const search = async ({ client, searchUrl: url }: Registry, wanted: Readonly<Record<string, string>>, waitMs: number): Promise<Found> => {
  const filters = Object.fromEntries(Object.entries(wanted).map(([field, value]) => [field, { eq: value }]))
  const body = Buffer.from(JSON.stringify({ offset: 0, limit: FOUND_MAX, filters }))
  return foundIn(await client.call({ method: 'POST', url, headers: JSON_BODY, body, waitMs, repeatable: true }))
}

const verify = async (registry: Registry, request: VerifyRequest): Promise<PluginAnswer<VerifyAnswer>> => {
  const { settings, description, tools, sessions } = registry
  if (request.factor !== 'knowledge') return failed('unsupported')
  if (!fits(description, request.id)) return failed('invalid_input')
  const answers = answersTo(settings.questions, request.proof)
  if (answers === undefined) return failed('invalid_input')
  const { value } = request.id
  const wanted = { ...answers, [settings.individualIdField]: settings.individualIdCase === 'upper' ? value.toUpperCase() : value }
  const found = await search(registry, wanted, leftMs(request, tools.clock))
  if (!found.ok) return found
  const [record] = found.records
  // Nobody, or more than one: the registry cannot say which of the answers is wrong, or whether it knows the identifier at all.
  if (found.records.length !== 1 || !isMembers(record) || !holds(record, wanted)) return WRONG
  const entity = textOf(memberAt(record, settings.entityIdField))
  if (entity === undefined) return failed('misconfigured', 'no_entity_id')
  const until = new Date(Date.parse(tools.clock.now()) + SESSION_LIFETIME_S * 1000).toISOString()
  const session = sessions.seal({ entity }, request, until)
  return { ok: true, value: { subjectKey: entity, session, sessionExpiresAt: until, factorsProven: ['knowledge'] } }
}

const recordOf = (answer: HttpAnswer): { readonly ok: true; readonly record: Members } | Failed => {
  if (!answer.ok) return faultAnswer(answer)
  // It was there a moment ago: the record was taken away.
  if (answer.status === 404) return DENIED
  if (answer.status !== 200) return statusAnswer(answer.status)
  const record = membersOf(answer.body)
  return record === undefined ? failed('unavailable', 'answer_unfit') : { ok: true, record }
}

const release = async (registry: Registry, request: ReleaseRequest): Promise<PluginAnswer<ReleaseAnswer>> => {
  const { settings, tools, client, entityUrl, sessions } = registry
  const facts = sessions.open(request.session, request)
  if (facts === undefined) return failed('session_expired')
  // Nothing was agreed to: nothing is read.
  if (request.claims.length === 0) return { ok: true, value: { claims: {} } }
  const [url, waitMs] = [below(entityUrl, facts.entity), leftMs(request, tools.clock)]
  const read = recordOf(await client.call({ method: 'GET', url, headers: { accept: 'application/json' }, waitMs, repeatable: true }))
  if (!read.ok) return read
  const about = memberAt(read.record, settings.entityIdField)
  if (about !== undefined && about !== facts.entity) return failed('misconfigured', 'facts_of_another')
  return { ok: true, value: { claims: factsIn(read.record, request.claims, settings) } }
}

export const open = async (given: { readonly [key: string]: Json }, tools: PluginTools): Promise<IdSystem> => {
  const settings = readSettings(given)
  if (settings.questions.some(({ id }) => id === settings.individualIdField))
    throw new Fault('invalid', `questions must not ask for ${settings.individualIdField}: people have typed it already`)
  const options = { loopbackHttp: settings.allowLoopbackHttp === true }
  const registry: Registry = {
    ...{ settings, tools, description: describe(given), client: connect(settings) },
    searchUrl: endpoint(settings.searchUrl, 'searchUrl', options),
    entityUrl: endpoint(settings.entityUrl, 'entityUrl', options),
    sessions: sessionsOf(sharedKeyOf(settings.sessionKeyFile, tools.dataDirectory, tools.chance), tools),
  }
  return {
    verify: answering(tools, ID, (request: VerifyRequest) => verify(registry, request)),
    release: answering(tools, ID, (request: ReleaseRequest) => release(registry, request)),
    health: async () => {
      // An identifier that nobody has.
      const found = await search(registry, { [settings.individualIdField]: tools.chance.uuid() }, HEALTH_MS)
      return found.ok ? { status: 'up' } : { status: 'down', detail: 'it cannot be searched' }
    },
    close: async () => {
      registry.client.close()
    },
  }
}
