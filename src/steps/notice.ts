import { sha256, uuidv5 } from '../crypto/hash.ts'
import { nameIn } from '../localised.ts'
import type { SealedParts } from '../sealed.ts'
import type { World } from '../world.ts'
import { clientIdOf, type Act } from './act.ts'
import { canonical } from '../../domain/canonical.ts'
import { isClaimScope } from '../../domain/claims.ts'
import type { Digest, Json } from '../../domain/ports.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import { summaryOf } from '../../domain/verified/consent.ts'
import { isVerifiedName } from '../../domain/verified/names.ts'
import { readVerifiedRequests } from '../../domain/verified/request.ts'
import { inLanguage } from '../ui/brand.ts'
import { noticeMarkup } from '../ui/notice.ts'
import { OWN_PAGE } from '../ui/layout.ts'
import { dir } from '../ui/text.ts'
import type { Language, NoticeView } from '../ui/views.ts'

/** Of the consent page's wording. A change of what the page says is a new version, and everybody is asked again (rule 28). */
export const NOTICE_VERSION = '3'

/** What a login asks, in which language. */
export type Asking = {
  readonly client: Act['client']
  readonly state: TransactionState
  readonly raw: SealedParts['request'] | undefined
  readonly language: Language
}

type Seen = Pick<World, 'idSystem' | 'settings' | 'brand'>

/** What is asked for as verified, with the names of the trust frameworks in the language of the page. */
const verifiedView = ({ idSystem }: Seen, { state, raw, language }: Asking): Pick<NoticeView, 'verified'> => {
  const asked = (state.request?.claims ?? []).filter(({ name }) => isVerifiedName(name))
  const { verifiedClaims: described } = idSystem.description
  const requests = readVerifiedRequests(raw?.['claims'])
  if (asked.length === 0 || described === undefined || requests === undefined) return {}
  const { frameworks, told } = summaryOf(requests, described)
  const named = (essential: boolean) => asked.filter((claim) => claim.essential === essential).map(({ name }) => name)
  const names = described.trustFrameworks
    .filter(({ id }) => frameworks.includes(id))
    .map(({ id, name }) => name[language] ?? name['en'] ?? id)
  return { verified: { essential: named(true), voluntary: named(false), frameworks: names, told } }
}

/** What the person is told: the consent page shows it, and the record keeps it. */
export const noticeView = (world: Seen, asking: Asking): NoticeView => {
  const { client, state, language } = asking
  const { claims = [], scopes = [] } = state.request ?? {}
  const { configuration } = client
  const plain = claims.filter(({ name }) => !isVerifiedName(name))
  const named = (essential: boolean) => plain.filter((claim) => claim.essential === essential).map(({ name }) => name)
  const purpose = configuration && nameIn(configuration, 'purpose', [language])
  const { policy_uri: privacy, tos_uri: terms, consent_days: days = 0 } = configuration ?? {}
  const { authority } = world.brand
  return {
    essential: named(true),
    voluntary: named(false),
    scopes: scopes.filter((scope) => !isClaimScope(scope)),
    ...verifiedView(world, asking),
    ...(purpose !== undefined && { purpose }),
    days,
    notice: { version: NOTICE_VERSION },
    page: `${new URL(world.settings.issuer).origin}${OWN_PAGE}`,
    links: {
      ...(privacy !== undefined && { privacy }),
      ...(terms !== undefined && { terms }),
      ...(authority.url !== '' && { authority: { name: inLanguage(authority.name, language), url: authority.url } }),
    },
  }
}

/** The artefact of a notice: what was seen, byte for byte, and beside it the same as data. */
const contentOf = (world: Seen, asking: Asking): { readonly [member: string]: Json } => {
  const { client, language } = asking
  const { configuration } = client
  const view = noticeView(world, asking)
  const name = (configuration && nameIn(configuration, 'client_name', [language])) ?? configuration?.client_id ?? ''
  const markup = noticeMarkup({ language, brand: world.brand, party: { name, host: '' } }, view)
  const { essential, voluntary, scopes, verified, purpose, days, links } = view
  return {
    version: NOTICE_VERSION,
    language,
    direction: dir(language),
    client: configuration?.client_id ?? '',
    client_name: name,
    essential,
    voluntary,
    scopes,
    ...(verified && { verified }),
    ...(purpose !== undefined && { purpose }),
    days,
    links: links as Json,
    markup,
  }
}

/** The name of the notice, before anything is kept. */
export const noticeDigest = (world: Seen, asking: Asking): Digest => sha256(canonical(contentOf(world, asking)))

/** The notice that the person was shown, as an artefact (rule 6). Kept before the event that cites it, once for all who read the same. */
export const keepNotice = (world: World, act: Act, asking: Asking): Promise<Digest> =>
  world.journal.keepArtefact('notice', contentOf(world, asking), act.at, uuidv5(act.id, `KeepArtefact:notice:${clientIdOf(act)}`))
