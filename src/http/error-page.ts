import { ERRORS } from './errors.ts'
import { frameOf, languageCookies, languageOf } from './frame.ts'
import { page, withCookies, type Reply, type Request } from './reply.ts'
import type { World } from '../world.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { errorPage } from '../ui/pages.ts'

/** A page of our own for a request that belongs to no transaction: no relying party is shown, and nothing leads away from here. */
export const errorReply = (world: World, request: Request, refusal: RefusalCode, headers: Reply['headers'] = {}): Reply => {
  const frame = frameOf(world, request, languageOf(request, undefined))
  const html = errorPage(frame, { code: refusal, at: request.at })
  return withCookies(page(html, ERRORS[refusal].status, headers), languageCookies(world, request))
}
