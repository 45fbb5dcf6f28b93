import { isSecure } from './cookies.ts'
import type { Request } from './reply.ts'
import { nameIn } from '../localised.ts'
import type { World } from '../world.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'
import { dir, LANGUAGES, pickLanguage } from '../ui/text.ts'
import type { Frame, Language, Party } from '../ui/views.ts'

/** Remembers the language that a person chose on a page: no secret, no person. */
const LANGUAGE_COOKIE = 'language'

/** Half a year, seconds. */
const LANGUAGE_COOKIE_S = 15_552_000

/** `?ui_locales=fr` on a page of ours is the person's choice in the language menu; at `/authorize` it is the relying party's wish. */
const chosenNow = (request: Request): string | undefined =>
  request.path === '/authorize' ? undefined : LANGUAGES.find((tag) => tag === request.query.get('ui_locales'))

/** A choice on the page wins, then the relying party's wish, then the browser's. */
export const languageOf = (request: Request, uiLocales: string | undefined): Language => {
  const chosen = chosenNow(request) ?? request.cookies.get(LANGUAGE_COOKIE)
  const accept = request.headers['accept-language']
  return pickLanguage({
    ...(uiLocales !== undefined && { uiLocales }),
    ...(accept !== undefined && { accept }),
    ...(chosen !== undefined && { chosen }),
  })
}

/** The cookie that keeps a choice just made in the language menu. */
export const languageCookies = (world: Pick<World, 'settings'>, request: Request): readonly string[] => {
  const chosen = chosenNow(request)
  if (chosen === undefined) return []
  const secure = isSecure(world.settings.issuer) ? '; Secure' : ''
  return [`${LANGUAGE_COOKIE}=${chosen}; Path=/; Max-Age=${String(LANGUAGE_COOKIE_S)}; SameSite=Lax${secure}`]
}

/** Who asks: only for a client and a redirect URI that are known to be good. */
export const partyOf = (configuration: ClientConfiguration, redirectUri: string, language: Language): Party => ({
  name: nameIn(configuration, 'client_name', [language]) ?? configuration.client_id,
  host: new URL(redirectUri).host,
})

/** What every page has in common. */
export const frameOf = (
  world: Pick<World, 'settings' | 'brand' | 'statics'>,
  request: Request,
  language: Language,
  more: Pick<Frame, 'party' | 'csrf' | 'base'> = {},
): Frame => ({
  language,
  languages: LANGUAGES.map((tag) => ({
    tag,
    // Encoded again: of a path with a tab or an unseen character a browser, or the page's own tidying, would make another host.
    href: `${request.method === 'POST' ? (more.base ?? '/') : encodeURI(request.path)}?ui_locales=${tag}`,
    current: tag === language,
  })),
  dir: dir(language),
  brand: world.brand,
  issuer: new URL(world.settings.issuer).origin,
  statics: world.statics.paths,
  ...more,
})
