/** What an ID system says of itself over HTTP, and how it is read. */
import { endpoint, type HttpClient } from '../../http-client.ts'
import { below } from '../../http-client.ts'
import { Fault } from '../../../domain/ports.ts'
import { answerSchemas, type Question } from '../answers.ts'
import { descriptionSchema, problemsWith } from '../description.ts'
import type { Json, PluginDescription } from '../plugin.ts'
import { list, object } from '../schema-parts.ts'
import { HEALTH_MS, membersOf, type Members } from '../wire.ts'

// The keys of a record of all calls.
export const CALLS = Object.keys(answerSchemas) as readonly Question[]

const EVENTS_MAX = 100

export type Service = {
  readonly description: PluginDescription
  /** Which of the calls it answers, each at its own path. */
  readonly calls: readonly Question[]
  /** Types of recorded facts that it follows, at `/events`. */
  readonly events: readonly string[]
}

export const serviceSchema = object({
  description: descriptionSchema,
  calls: list({ enum: CALLS }, { minItems: 1, maxItems: CALLS.length }),
  events: list({ type: 'string', pattern: '^[A-Za-z][A-Za-z0-9]{0,63}$' }, { maxItems: EVENTS_MAX }),
})

/** The address of an ID system: no query, for nothing of it is signed. */
export const baseOf = (url: string, loopbackHttp: boolean): URL => {
  const base = endpoint(url, 'url', { loopbackHttp })
  if (base.search !== '') throw new Fault('invalid', 'url holds a query')
  return base
}

/** Neither of these is about a person, so neither is signed. */
export const ask = async (client: HttpClient, base: URL, what: 'service' | 'health'): Promise<Members | undefined> => {
  const url = below(base, what)
  const answer = await client.call({ method: 'GET', url, headers: { accept: 'application/json' }, waitMs: HEALTH_MS, repeatable: true })
  return answer.ok && answer.status === 200 ? membersOf(answer.body) : undefined
}

/** What a service says of itself, so that it can stand in the settings. Throws Fault. */
export const fetchService = async (client: HttpClient, base: URL): Promise<Json> => {
  const told = await ask(client, base, 'service')
  if (told === undefined) throw new Fault('unavailable', 'the ID system does not say what it can do: GET <url>/service')
  const problems = problemsWith(serviceSchema, structuredClone(told))
  if (problems.length > 0) throw new Fault('invalid', ['what the ID system says of itself does not fit:', ...problems].join('\n  '))
  return told as Json
}
