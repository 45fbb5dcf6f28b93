import { X509Certificate, type KeyObject } from 'node:crypto'
import { compactVerify } from 'jose'
import type { Clock, Instant } from './plugin.ts'
import { isMembers, membersOf, textOf, type Members } from './wire.ts'

/** A key that is not known may be new: it is looked for again, but not more often. */
const REFRESH_MS = 30_000
/** A key that was withdrawn is believed no longer than this. */
const KEPT_MS = 3_600_000
const CERTIFICATES_MAX = 50
const ALGORITHMS = ['RS256', 'PS256', 'ES256']

/** What an ID system publishes of the keys that sign what it tells. */
type Certificate = { readonly keyId: string; readonly key: KeyObject; readonly from: Instant; readonly until: Instant }

const read = (listed: unknown): Certificate | undefined => {
  const [keyId, pem] = isMembers(listed) ? [textOf(listed['keyId']), textOf(listed['certificateData'])] : []
  if (keyId === undefined || pem === undefined) return undefined
  try {
    const certificate = new X509Certificate(pem)
    const { publicKey: key, validFromDate, validToDate } = certificate
    return { keyId, key, from: validFromDate.toISOString(), until: validToDate.toISOString() }
  } catch {
    return undefined
  }
}

export type PublishedKeys = readonly Certificate[]

/** The certificates of `{ response: { allCertificates: [{ keyId, certificateData }] } }`, or undefined where it is none. */
export const readCertificates = (body: Members | undefined): PublishedKeys | undefined => {
  const response = isMembers(body?.['response']) ? body['response'] : {}
  const all = response['allCertificates']
  if (!Array.isArray(all) || all.length > CERTIFICATES_MAX) return undefined
  return all.flatMap((listed) => read(listed) ?? [])
}

export type Signatures = {
  /**
   * What a JWS says, when it is signed by a published key that is in force. `unknown` where the keys cannot be had now; `wrong` for
   * every other signature. The header's own certificates are not looked at.
   */
  readonly open: (jws: string) => Promise<Members | 'wrong' | 'unknown'>
}

/** `fetch` answers undefined where the keys cannot be had now. */
export const signaturesBy = (clock: Clock, fetch: () => Promise<PublishedKeys | undefined>): Signatures => {
  let known: PublishedKeys = []
  let at = Number.NEGATIVE_INFINITY
  let asking: Promise<boolean> | undefined

  const refresh = async (): Promise<boolean> => {
    const found = await fetch()
    if (found === undefined) return false
    known = found
    at = Date.parse(clock.now())
    return true
  }
  /** All who wait share one question. */
  const ask = (): Promise<boolean> => (asking ??= refresh().finally(() => (asking = undefined)))

  const find = (keyId: string): Certificate | undefined => {
    const now = clock.now()
    return known.find((one) => one.keyId === keyId && one.from <= now && now < one.until)
  }

  const keyOf = async (keyId: string): Promise<KeyObject | 'wrong' | 'unknown'> => {
    const age = Date.parse(clock.now()) - at
    const here = find(keyId)
    if (here !== undefined && age < KEPT_MS) return here.key
    if (here === undefined && age < REFRESH_MS) return 'wrong'
    if (!(await ask())) return 'unknown'
    return find(keyId)?.key ?? 'wrong'
  }

  return {
    open: async (jws) => {
      const [header = '', , , ...more] = jws.split('.')
      const keyId = more.length > 0 ? undefined : textOf(membersOf(Buffer.from(header, 'base64url'))?.['kid'])
      if (keyId === undefined) return 'wrong'
      const key = await keyOf(keyId)
      if (typeof key === 'string') return key
      try {
        const { payload } = await compactVerify(jws, key, { algorithms: ALGORITHMS })
        return membersOf(payload) ?? 'wrong'
      } catch {
        return 'wrong'
      }
    },
  }
}
