import { oauthError, type OauthError } from './errors.ts'
import { pagePolicy } from './headers.ts'
import { page, redirect, type Reply } from './reply.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { formPostPage } from '../ui/pages.ts'
import type { Frame } from '../ui/views.ts'

/** Where the answer goes: a registered redirect URI, and how. */
export type ResponseTarget = {
  readonly redirectUri: string
  readonly responseMode: 'query' | 'form_post'
  readonly issuer: string
  /** As the relying party sent it. */
  readonly state?: string
}

export type AuthorizationAnswer =
  | { readonly code: string }
  | { readonly refusal: RefusalCode }
  /** An error that has no refusal of its own. */
  | { readonly error: OauthError }

type Pairs = readonly (readonly [name: string, value: string])[]

/** `iss` stands in success and error alike (RFC 9207 §2): against mix-up. */
const pairsOf = ({ issuer, state }: ResponseTarget, answer: AuthorizationAnswer): Pairs => {
  const always: Pairs = [...(state === undefined ? [] : [['state', state] as const]), ['iss', issuer]]
  if ('code' in answer) return [['code', answer.code], ...always]
  const { error, error_description } = 'error' in answer ? answer.error : oauthError(answer.refusal)
  return [['error', error], ['error_description', error_description], ...always]
}

/** The redirect URI with the answer behind whatever query it was registered with (RFC 6749 §3.1.2). */
export const withQuery = (redirectUri: string, pairs: Pairs): string => {
  // What a header cannot carry is written as URLs write it; the rest stays as it was registered.
  const uri = /^[\x21-\x7e]*$/.test(redirectUri) ? redirectUri : new URL(redirectUri).href
  const joint = !uri.includes('?') ? '?' : /[?&]$/.test(uri) ? '' : '&'
  return `${uri}${joint}${new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()}`
}

/** The way back to the relying party. Only for a redirect URI that was matched against the registered ones. */
export const authorizationResponse = (target: ResponseTarget, answer: AuthorizationAnswer, frame: Frame): Reply => {
  const pairs = pairsOf(target, answer)
  if (target.responseMode === 'query') return redirect(withQuery(target.redirectUri, pairs))
  // OAuth 2.0 Form Post Response Mode.
  const html = formPostPage(frame, { action: target.redirectUri, fields: pairs })
  return page(html, 200, pagePolicy({ redirectUri: target.redirectUri }))
}
