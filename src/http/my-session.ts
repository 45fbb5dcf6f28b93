import { cookieName, isSecure, setCookie } from './cookies.ts'
import { csrfFits, csrfToken } from './csrf.ts'
import { frameOf, languageOf } from './frame.ts'
import { originAllowed } from './origin.ts'
import { field, type Request } from './reply.ts'
import { sha256 } from '../crypto/hash.ts'
import { ownSession, PAGE_S, type OwnSession } from '../steps/own-page.ts'
import type { World } from '../world.ts'
import type { Person } from '../../domain/ports.ts'
import { OWN_PAGE } from '../ui/layout.ts'
import type { Frame } from '../ui/views.ts'

const COOKIE = 'my'
const SECRET = /^[A-Za-z0-9_-]{43}$/

/** Stands in the form tokens of this page where a login's have its transaction. */
const FORMS = 'own-page'

/** One browser that may read one person's own page. */
export type MySession = { readonly secret: string; readonly session: OwnSession; readonly person: Person; readonly frame: Frame }

/** Goes to no other site and comes from none: a link elsewhere shows the door of the page, not the page. */
export const myCookie = ({ settings }: Pick<World, 'settings'>, secret: string, lifeS: number = PAGE_S): string =>
  setCookie(COOKIE, secret, lifeS, isSecure(settings.issuer)).replace('SameSite=Lax', 'SameSite=Strict')

export const noMyCookie = (world: Pick<World, 'settings'>): string => myCookie(world, '', 0)

const secretOf = ({ settings }: Pick<World, 'settings'>, request: Request): string | undefined => {
  const secret = request.cookies.get(cookieName(COOKIE, isSecure(settings.issuer)))
  return secret !== undefined && SECRET.test(secret) ? secret : undefined
}

export const mySession = async (world: World, request: Request): Promise<MySession | undefined> => {
  const secret = secretOf(world, request)
  const found = secret === undefined ? undefined : await ownSession(world, secret, request.at)
  if (secret === undefined || found === undefined) return undefined
  const csrf = csrfToken(world.secrets.csrf, FORMS, sha256(secret))
  return { secret, ...found, frame: frameOf(world, request, languageOf(request, undefined), { csrf, base: OWN_PAGE }) }
}

/** A form of this page, in this browser (rule 25). */
export const myFormFits = (world: World, request: Request, { secret }: MySession): boolean =>
  fromOurs(world, request) && csrfFits(world.secrets.csrf, FORMS, sha256(secret), field(request, 'csrf'))

export const fromOurs = ({ settings }: Pick<World, 'settings'>, { headers }: Request): boolean =>
  originAllowed(headers, new URL(settings.issuer).origin)
