import { frameOf, languageCookies, languageOf } from './frame.ts'
import { page, withCookies, type Reply, type Request } from './reply.ts'
import type { World } from '../world.ts'
import { infoPage } from '../ui/pages.ts'
import type { InfoTopic } from '../ui/views.ts'

/** Pages of ours that a reader can be led back to. */
const OURS = /^\/(login\/[a-z0-9_]{1,40}(\/[a-z]{1,20})?|my|help|privacy|accessibility)$/

/** Where the reader came from, when that was a page of ours: what a header says of other places is no link. */
const backOf = (issuer: string, request: Request): string | undefined => {
  const url = URL.parse(request.headers['referer'] ?? '')
  if (url === null || url.origin !== new URL(issuer).origin || url.pathname === request.path) return undefined
  return OURS.test(url.pathname) ? url.pathname : undefined
}

/** A page behind a link of the footer. */
export const info =
  (topic: InfoTopic) =>
  async (world: World, request: Request): Promise<Reply> => {
    const frame = frameOf(world, request, languageOf(request, undefined))
    const back = backOf(world.settings.issuer, request)
    return withCookies(page(infoPage(frame, { topic, ...(back !== undefined && { back }) })), languageCookies(world, request))
  }
