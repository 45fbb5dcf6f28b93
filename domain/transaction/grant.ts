import type { TransactionEvent } from '../../schemas/generated.ts'
import { recorded, refused, type Decision } from '../decider.ts'
import type { RefusalCode } from '../refusals.ts'
import { plusSeconds } from '../time.ts'
import { expire } from './deadlines.ts'
import { fact, type CommandOf, type TransactionRules } from './rules.ts'
import type { TransactionState } from './state.ts'

type Decided = Decision<TransactionEvent>
type Exchange = CommandOf<'ExchangeToken'>

/** Refused presentations that are recorded in one transaction: an authenticated client cannot make a stream grow for ever. */
const REFUSALS_RECORDED_MAX = 5

const burn = (client: string, reason: 'redirect_uri' | 'verifier'): readonly TransactionEvent[] => [
  fact('CodeRefused', { client, reason, burnt: true }),
  fact('AuthorizationFailed', { reason: 'code_refused' }),
]

/** RFC 7636 §4.6, and RFC 9700 §4.8.2: a verifier without a challenge is as wrong as a challenge without a verifier. */
const verifierFits = (command: Exchange, state: TransactionState): boolean => command.challenge === state.request?.codeChallenge

/** RFC 9449 §10: a code that is bound to a key is exchanged with that key. §5.2: a client may have promised to bind every token. */
const keyFault = (command: Exchange, { request }: TransactionState, { client }: TransactionRules): RefusalCode | undefined => {
  const bound = request?.dpopKey
  if (command.dpopKey === undefined)
    return bound !== undefined || client?.configuration.dpop_bound_access_tokens === true ? 'dpop_missing' : undefined
  return bound === undefined || bound === command.dpopKey ? undefined : 'dpop_invalid'
}

const valid = (command: Exchange, state: TransactionState, rules: TransactionRules): boolean =>
  command.client === state.request?.client &&
  command.redirectUri === state.request.redirectUri &&
  verifierFits(command, state) &&
  keyFault(command, state, rules) === undefined

/** Client authenticated before; then: the code is the client's, redirect URI, PKCE, DPoP, and the append decides who was first (rule 31). */
export const exchangeToken = (command: Exchange, state: TransactionState, rules: TransactionRules): Decided => {
  const { client } = command
  if (state.code === undefined || state.code.codeDigest !== command.codeDigest) return refused('code_unknown')
  if (state.exchange !== undefined) {
    // What began before TokenExchanged lost a race; what began after it, whole and valid, is a replay: recorded once, and the tokens die.
    const replay =
      command.seen >= state.exchange.revision && valid(command, state, rules) && state.stage === 'exchanged' && !state.exchange.replayed
    return replay ? refused('code_spent', fact('CodeReplayed', { client })) : refused('code_spent')
  }
  if (state.stage !== 'code_issued') return refused(state.stage === 'expired' ? 'code_expired' : 'code_spent')
  if (client !== state.request?.client) {
    const note = fact('CodeRefused', { client, reason: 'other_client', burnt: false })
    return state.refusals < REFUSALS_RECORDED_MAX ? refused('code_of_other_client', note) : refused('code_of_other_client')
  }
  if (!rules.client?.active) return refused('client_inactive')
  const late = expire(state, command.at)
  if (late.length > 0) return refused('code_expired', ...late)
  if (command.redirectUri !== state.request.redirectUri) return refused('redirect_uri_mismatch', ...burn(client, 'redirect_uri'))
  if (!verifierFits(command, state))
    return refused(state.request.codeChallenge === undefined ? 'verifier_unexpected' : 'verifier_mismatch', ...burn(client, 'verifier'))
  // Burns nothing: a client whose proof was not good enough tries again (rule 31).
  const fault = keyFault(command, state, rules)
  if (fault !== undefined) return refused(fault)
  if (command.claims?.every((claim) => state.code?.released.includes(claim)) === false) return refused('code_expired')
  const { accessTokenDigest, dpopKey, claims } = command
  const tokensUntil = plusSeconds(command.at, rules.policy.lifetimes.accessTokenS)
  const told = { ...(dpopKey !== undefined && { dpopKey }), ...(claims !== undefined && { claims }) }
  return recorded(fact('TokenExchanged', { client, accessTokenDigest, tokensUntil, ...told }))
}

/**
 * A signature that only a wrong clock made worthless is the client's own, so it is noted where its operator and ours will look for it. It
 * proves nothing else: nothing is burnt, and nothing is given (rule 31).
 */
export const noteClientClock = (command: CommandOf<'NoteClientClock'>, state: TransactionState): Decided => {
  const { client, codeDigest, seconds } = command
  const isIts = state.stage === 'code_issued' && state.code?.codeDigest === codeDigest && state.request?.client === client
  if (!isIts || state.refusals >= REFUSALS_RECORDED_MAX) return recorded()
  return recorded(fact('ClientClockDiffered', { client, reason: 'client_clock', seconds }))
}

export const releaseUserinfo = (command: CommandOf<'ReleaseUserinfo'>, state: TransactionState, rules: TransactionRules): Decided => {
  const { exchange } = state
  if (exchange === undefined || exchange.accessTokenDigest !== command.accessTokenDigest) return refused('token_invalid')
  // RFC 9449 §7.1 and §7.2: with its key, or as bearer where it has none; never the other way.
  if (exchange.dpopKey !== command.dpopKey) return refused('token_invalid')
  if (state.stage === 'revoked' || exchange.replayed) return refused('token_revoked')
  if (state.stage !== 'exchanged' || command.at >= exchange.tokensUntil) return refused('token_expired')
  if (!rules.client?.active) return refused('client_inactive')
  if (exchange.releases >= rules.policy.limits.userinfoMax) return refused('userinfo_limited')
  if (!command.claims.every((claim) => state.code?.released.includes(claim))) return refused('token_invalid')
  return recorded(fact('UserinfoReleased', { client: exchange.client, claims: command.claims, release: exchange.releases + 1 }))
}

/** Reaches every stage from the proof on, so that an agreement which is withdrawn while it is being used leads nowhere (rule 13). */
export const revokeAccess = (command: CommandOf<'RevokeAccess'>, state: TransactionState): Decided => {
  switch (state.stage) {
    case 'authenticated':
    case 'consented':
    case 'code_issued':
    case 'exchanged':
      return recorded(fact('AccessRevoked', { consent: command.consent }))
    case 'none':
    case 'started':
    case 'opened':
    case 'revoked':
    case 'failed':
    case 'expired':
    case 'closed':
      return recorded()
  }
}
