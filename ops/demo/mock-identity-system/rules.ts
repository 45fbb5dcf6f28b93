/** What the mock-identity-system computes, as it computes it. Golden vectors of these stand in the tests. */
import { createHash } from 'node:crypto'

const sha3 = (text: string): string => createHash('sha3-256').update(text).digest('base64url')

/** The token by which one relying party knows one person. */
export const subjectToken = (individualId: string, relyingParty: string): string => sha3(`${individualId}${relyingParty}`)

/** Under what a sent code is remembered. */
export const codeKey = (transaction: string, individualId: string, otp: string): string => sha3(`${transaction}${individualId}${otp}`)

export const verifiedClaimId = (individualId: string, trustFramework: string, field: string): string =>
  sha3(`${individualId}${trustFramework.toLowerCase()}${field}`)

export const kycTokenOf = (uuid: string): string => sha3(uuid)

/** Unsalted, as upstream keeps it; `strict` keeps another. */
export const passwordHash = (password: string): string => createHash('sha256').update(password).digest('hex').toUpperCase()

/** Every third character of the name stays. */
export const maskedEmail = (email: string): string => {
  const at = email.lastIndexOf('@')
  const name = Array.from(email.slice(0, Math.max(at, 0)), (character, index) => (index % 3 === 2 ? character : 'X')).join('')
  return `${name}${email.slice(Math.max(at, 0))}`
}

/** The first half and one more are hidden. */
export const maskedPhone = (phone: string): string => {
  const hidden = Math.min(phone.length, Math.floor(phone.length / 2) + 1)
  return `${'X'.repeat(hidden)}${phone.slice(hidden)}`
}
