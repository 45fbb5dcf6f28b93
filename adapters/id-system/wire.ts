/** What plugins share that ask an ID system over HTTP with JSON. */
import { createHash } from 'node:crypto'
import { Fault } from '../../domain/ports.ts'
import { httpClient, type HttpAnswer, type HttpClient } from '../http-client.ts'
import type { Call, Clock, IndividualId, Json, Log, PluginAnswer, PluginDescription, PluginErrorKind, PluginTools } from './plugin.ts'
import { secretOf } from './plugin-key.ts'

/** Health is answered within 5 s; a look at the ID system takes less. */
export const HEALTH_MS = 3000

export type Members = { readonly [member: string]: unknown }

/** An object as JSON means it: no list, and not null. */
export const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object that a body holds, or undefined where it holds anything else. */
export const membersOf = (body: Uint8Array | string): Members | undefined => {
  try {
    const value: unknown = JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'))
    return isMembers(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

export type Failed = { readonly ok: false; readonly error: PluginErrorKind; readonly code?: string }

/** A no with the ID system's own code, where that is one that may be told. */
export const failed = (error: PluginErrorKind, code?: string): Failed =>
  code !== undefined && /^[\x21-\x7E]{1,64}$/.test(code) ? { ok: false, error, code } : { ok: false, error }

/** Nobody may see from an answer whether a person is unknown, blocked, or only wrong (rule 22): these two never carry a code. */
export const DENIED: Failed = { ok: false, error: 'subject_denied' }
export const WRONG: Failed = { ok: false, error: 'challenge_failed' }

export type ConnectionSettings = {
  readonly allowLoopbackHttp?: boolean
  readonly authoritiesFile?: string
  readonly sessionKeyFile?: string
}

const path = (description: string): Json => ({ type: 'string', minLength: 1, maxLength: 4096, description })
export const urlSetting = (description: string): Json => ({ type: 'string', minLength: 8, maxLength: 2000, description })
export const fileSetting = path

/** Settings of every plugin that connects to something. */
export const connectionSettings: Readonly<Record<string, Json>> = {
  allowLoopbackHttp: {
    type: 'boolean',
    default: false,
    description: 'Lets URLs begin with http:// where they lead to this machine (localhost, 127.0.0.1, [::1]). Everything else is https.',
  },
  authoritiesFile: path('PEM file of the authorities whose certificates are believed. Absent: those that Node knows.'),
  sessionKeyFile: path(
    'File with 32 bytes, base64url, that seal sessions; the same on all nodes. Absent: made in the folder of the plugin.',
  ),
}

export const connect = ({ authoritiesFile }: ConnectionSettings, bodyBytesMax?: number): HttpClient =>
  httpClient({
    ...(authoritiesFile !== undefined && { authorities: secretOf(authoritiesFile, 'authoritiesFile') }),
    ...(bodyBytesMax !== undefined && { bodyBytesMax }),
  })

/** Milliseconds until an answer is not waited for any more; with room for what comes after it. */
export const leftMs = ({ deadline }: Pick<Call, 'deadline'>, clock: Clock): number => Date.parse(deadline) - Date.parse(clock.now())

/** What kind of no an answer without content is. What may have happened and is not known is `outcome_unknown`. */
export const faultAnswer = (answer: HttpAnswer & { readonly ok: false }): Failed => {
  switch (answer.fault) {
    case 'unsent':
      return failed('unavailable', 'unreachable')
    case 'broken':
    case 'late':
    case 'size':
      return failed('unavailable', 'outcome_unknown')
  }
}

/** A status that says no by itself: refused or not there is for the operator, everything else may pass. */
export const statusAnswer = (status: number): Failed =>
  [400, 401, 403, 404, 405, 410].includes(status) || (status >= 300 && status < 400)
    ? failed('misconfigured', `http_${status}`)
    : failed('unavailable', `http_${status}`)

/**
 * Ten letters and digits, as MOSIP's systems want a transaction: the same for all calls of one login, and nothing but that. Of 58
 * random bits, so that two logins of a day do not meet.
 */
export const shortTransaction = (transaction: string): string =>
  createHash('sha256').update(transaction).digest('base64url').replace(/[-_]/g, '').slice(0, 10)

/** The transaction that a reader signed into every one of its entries, or undefined where they do not agree. */
export const readerTransaction = (entries: readonly unknown[]): string | undefined => {
  const told = entries.map((entry) => {
    const [, payload = ''] = isMembers(entry) ? (textOf(entry['data']) ?? '').split('.') : []
    return textOf(membersOf(Buffer.from(payload, 'base64url'))?.['transactionId'])
  })
  const [first] = told
  return first !== undefined && /^[A-Za-z0-9]{4,64}$/.test(first) && told.every((one) => one === first) ? first : undefined
}

/** The JSON text of a list, as the broker hands over what a reader took. */
export const listOf = (text: string): readonly unknown[] | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? (value as readonly unknown[]) : undefined
  } catch {
    return undefined
  }
}

/** Whether an identifier has a form that the plugin described. */
export const fits = ({ idTypes }: Pick<PluginDescription, 'idTypes'>, { type, value }: IndividualId): boolean =>
  idTypes.some((known) => known.type === type && value.length <= known.lengthMax && new RegExp(known.pattern, 'u').test(value))

/** Nothing throws out of a plugin: what goes wrong here is an ID system that cannot answer, or settings that cannot work. */
export const answering =
  <Request extends Pick<Call, 'transaction'>, Answer>(
    { log }: { readonly log: Log },
    plugin: string,
    act: (request: Request) => Promise<PluginAnswer<Answer>>,
  ) =>
  async (request: Request): Promise<PluginAnswer<Answer>> => {
    try {
      const answer = await act(request)
      if (!answer.ok && (answer.error === 'unavailable' || answer.error === 'misconfigured'))
        log.warn('id_system_failed', { plugin, transaction: request.transaction, error: answer.error, code: answer.code ?? null })
      return answer
    } catch (error) {
      const invalid = error instanceof Fault && error.code === 'invalid'
      return failed(invalid ? 'misconfigured' : 'unavailable', 'plugin_failed')
    }
  }

export type Tools = Pick<PluginTools, 'clock' | 'chance' | 'log' | 'dataDirectory'>
