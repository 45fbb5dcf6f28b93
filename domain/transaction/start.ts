import type { TransactionEvent } from '../../schemas/generated.ts'
import { recorded, refused, type Decision } from '../decider.ts'
import type { RefusalCode } from '../refusals.ts'
import { plusSeconds } from '../time.ts'
import { claimNamed } from '../verified/names.ts'
import { fact, misplaced, type CommandOf, type TransactionRules } from './rules.ts'
import type { TransactionState } from './state.ts'

type Decided = Decision<TransactionEvent>
type Start = CommandOf<'StartAuthorization'>

/** What is wrong with a request, most serious first: until the redirect URI is known to be good nothing may be sent there. */
const startRefusal = (command: Start, { client }: TransactionRules): RefusalCode | undefined => {
  if (client === undefined) return 'client_unknown'
  if (!client.active) return 'client_inactive'
  const { configuration } = client
  // RFC 9700 §4.1.3: exact string matching.
  if (!configuration.redirect_uris.includes(command.redirectUri)) return 'redirect_uri_not_registered'
  if (command.via === 'direct' && configuration.require_pushed_authorization_requests) return 'par_required'
  const allowed = configuration.scope.split(' ')
  if (!command.scopes.includes('openid') || !command.scopes.every((scope) => allowed.includes(scope))) return 'scope_invalid'
  if (!command.claims.every((claim) => configuration.claims.includes(claimNamed(claim.name)))) return 'claims_invalid'
  if (configuration.require_pkce && command.codeChallenge === undefined) return 'pkce_missing'
  if (command.prompt.includes('none')) return command.prompt.length > 1 ? 'prompt_invalid' : 'login_required'
  return undefined
}

const opened = (browser: string, at: string, rules: TransactionRules): TransactionEvent =>
  fact('AuthorizationOpened', { browser, deadline: plusSeconds(at, rules.policy.lifetimes.beforeAuthenticationS) })

export const startAuthorization = (command: Start, state: TransactionState, rules: TransactionRules): Decided => {
  if (state.stage !== 'none') return refused('transaction_exists')
  const refusal = startRefusal(command, rules)
  if (refusal) return refused(refusal)
  const { type: _type, at, browser, ...request } = command
  if (browser !== undefined) return recorded(fact('AuthorizationStarted', request), opened(browser, at, rules))
  return recorded(fact('AuthorizationStarted', { ...request, openBy: plusSeconds(at, rules.policy.lifetimes.requestUriS) }))
}

/** The first load binds the browser; the same browser may load again, another may not; issued means spent (rule 23). */
export const openAuthorization = (command: CommandOf<'OpenAuthorization'>, state: TransactionState, rules: TransactionRules): Decided => {
  if (state.request?.requestUriDigest === undefined || state.request.requestUriDigest !== command.requestUriDigest)
    return refused('transaction_unknown')
  if (state.request.client !== command.client) return refused('request_uri_of_other_client')
  if (!rules.client?.active) return refused('client_inactive')
  switch (state.stage) {
    case 'started':
      return recorded(opened(command.browser, command.at, rules))
    case 'opened':
    case 'authenticated':
    case 'consented':
      return state.browser === command.browser ? recorded() : refused('wrong_browser')
    case 'failed':
      return refused('transaction_ended')
    case 'expired':
      // The same answer whether this load noticed the end or the sweeper did.
      return refused(state.browser === undefined ? 'request_uri_expired' : 'transaction_expired')
    case 'none':
    case 'code_issued':
    case 'exchanged':
    case 'revoked':
    case 'closed':
      return refused('request_uri_spent')
  }
}

/** WCAG 2.2.1: a person may ask for more time, at least ten times for each limit; each gives the stage's whole time again. */
export const extendTime = (command: CommandOf<'ExtendTime'>, state: TransactionState, rules: TransactionRules): Decided => {
  const { lifetimes, limits } = rules.policy
  if (state.stage !== 'opened' && state.stage !== 'authenticated' && state.stage !== 'consented') return refused(misplaced(state))
  if (state.extensions >= limits.extensionsMax) return refused('extensions_exhausted')
  const seconds = state.stage === 'opened' ? lifetimes.beforeAuthenticationS : lifetimes.afterAuthenticationS
  return recorded(fact('TimeExtended', { extension: state.extensions + 1, deadline: plusSeconds(command.at, seconds) }))
}
