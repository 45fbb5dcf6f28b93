/**
 * As much of DER (X.690) as a certificate's extensions take, which Node reads only in part: lengths are definite and bounded, and
 * whatever does not fit is nothing.
 */

/** Of one sequence. */
const MEMBERS_MAX = 64

type Element = { readonly tag: number; readonly body: Uint8Array; readonly end: number }

const elementAt = (bytes: Uint8Array, at: number): Element | undefined => {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined) return undefined
  // Up to 64 KiB: a certificate is a few KiB.
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 2 || first === 0x80) return undefined
  const length = more === 0 ? first : bytes.subarray(at + 2, at + 2 + more).reduce((sum, byte) => sum * 256 + byte, 0)
  const start = at + 2 + more
  const end = start + length
  return end <= bytes.length ? { tag, body: bytes.subarray(start, end), end } : undefined
}

const membersOf = (bytes: Uint8Array): readonly Element[] | undefined => {
  const members: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const element = elementAt(bytes, at)
    if (element === undefined || members.length === MEMBERS_MAX) return undefined
    members.push(element)
    at = element.end
  }
  return members
}

const SEQUENCE = 0x30
const BOOLEAN = 0x01
const INTEGER = 0x02
const EXTENSIONS = 0xa3

const KEY_USAGE = '551d0f'
const BASIC_CONSTRAINTS = '551d13'
/** Critical ones that are looked at: key usage, and what Node itself reads of basic constraints. */
const UNDERSTOOD = new Set([KEY_USAGE, BASIC_CONSTRAINTS])

export type Usage = {
  /** May sign what is no certificate; so does a key whose certificate says nothing of its usage (RFC 5280 §4.2.1.3). */
  readonly signs: boolean
  /** May sign certificates. */
  readonly certifies: boolean
  /** How many certificates of authorities may stand below it. */
  readonly below: number
}

type Extension = { readonly name: string; readonly critical: boolean; readonly value: Uint8Array }

const extensionOf = ({ body }: Element): Extension | undefined => {
  const [oid, ...rest] = membersOf(body) ?? []
  const value = rest.at(-1)
  if (oid === undefined || value === undefined) return undefined
  const critical = rest.length === 2 && rest[0]?.tag === BOOLEAN && rest[0].body[0] !== 0
  return { name: Buffer.from(oid.body).toString('hex'), critical, value: value.body }
}

const pathLength = (value: Uint8Array): number | undefined => {
  const limit = membersOf(elementAt(value, 0)?.body ?? new Uint8Array())?.find(({ tag }) => tag === INTEGER)
  return limit === undefined ? undefined : limit.body.reduce((sum, byte) => sum * 256 + byte, 0)
}

const extensionsOf = (certificate: Uint8Array): readonly Extension[] | undefined => {
  const whole = elementAt(certificate, 0)
  const signed = whole?.tag === SEQUENCE ? elementAt(whole.body, 0) : undefined
  const fields = signed === undefined ? undefined : membersOf(signed.body)
  if (fields === undefined) return undefined
  const wrapped = fields.find(({ tag }) => tag === EXTENSIONS)
  if (wrapped === undefined) return []
  const list = elementAt(wrapped.body, 0)
  const read = membersOf(list?.body ?? new Uint8Array())?.map(extensionOf)
  return read === undefined || read.includes(undefined) ? undefined : (read as readonly Extension[])
}

/** What a certificate (DER) may be used for; nothing where it cannot be read, or demands what is not understood here (RFC 5280 §4.2). */
export const usageOf = (certificate: Uint8Array): Usage | undefined => {
  const extensions = extensionsOf(certificate)
  if (extensions === undefined || extensions.some(({ name, critical }) => critical && !UNDERSTOOD.has(name))) return undefined
  const usage = extensions.find(({ name }) => name === KEY_USAGE)
  // A string of bits: how many of the last byte are unused, then digitalSignature first and keyCertSign sixth.
  const bits = usage === undefined ? 0xff : (elementAt(usage.value, 0)?.body[1] ?? 0)
  const constraints = extensions.find(({ name }) => name === BASIC_CONSTRAINTS)
  return {
    signs: (bits & 0x80) !== 0,
    certifies: (bits & 0x04) !== 0,
    below: (constraints && pathLength(constraints.value)) ?? Infinity,
  }
}
