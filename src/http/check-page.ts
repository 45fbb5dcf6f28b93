import { limitOf } from './login-views.ts'
import { pagePolicy } from './headers.ts'
import { field, withHeaders, type Reply, type Request } from './reply.ts'
import { actOf, sessionPage, type Session } from './session.ts'
import { challengeFor, waitLeftS, type Check } from '../checks.ts'
import { PARTS, ROUNDS } from '../crypto/work.ts'
import type { World } from '../world.ts'
import { checkPage } from '../ui/pages.ts'

/** What was chosen goes through the check as it was typed. */
const CARRIED = ['individual_id', 'login_id', 'factor', 'own_device', 'channel'] as const

/** What a form brings of a check that was asked for. */
export const checkOf = ({ settings }: World, request: Request): Check => ({
  challenge: field(request, 'challenge'),
  solution: field(request, 'solution'),
  token: settings.guard.captcha && field(request, settings.guard.captcha.tokenField),
})

/** While somebody guesses, and this device is not known: it works, or it waits. */
export const checkReply = (world: World, request: Request, session: Session): Reply => {
  const act = actOf(request, session)
  const { by, workBits, captcha, waitS } = world.settings.guard
  const given = field(request, 'challenge')
  const leftS = given === undefined ? waitS : waitLeftS(world, act, given)
  // Whoever waits keeps the ticket; work that was refused, or a wait for which there was no room, begins anew.
  const isWaiting = given !== undefined && leftS > 0 && leftS < waitS
  const challenge = isWaiting ? given : challengeFor(world, act)
  const view = {
    challenge,
    waitS: Math.max(1, isWaiting ? leftS : waitS),
    fields: [...CARRIED, ...(world.settings.loginIds ?? []).map(({ id }) => `prefix.${id}`)].flatMap((name) => {
      const value = field(request, name)
      return value === undefined ? [] : [[name, value] as const]
    }),
    ...(by === 'work' && { work: { challenge, parts: PARTS, rounds: ROUNDS, bits: workBits } }),
    ...(by === 'captcha' && captcha && { captcha }),
    ...limitOf(world, session, request.at),
  }
  const scripts = by === 'captcha' && captcha ? new URL(captcha.scriptUrl).origin : undefined
  const policy = pagePolicy({ redirectUri: session.state.request?.redirectUri, scripts })
  return withHeaders(sessionPage(world, request, session, checkPage(session.frame, view)), policy)
}
