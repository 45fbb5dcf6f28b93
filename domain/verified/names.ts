const PREFIX = 'verified_claims.'

/**
 * A claim inside `verified_claims`, as consent and events name it. It is another thing than the claim itself: who agrees to one has not
 * agreed to the other.
 */
export const verifiedName = (claim: string): string => `${PREFIX}${claim}`

export const isVerifiedName = (name: string): boolean => name.startsWith(PREFIX)

/** The claim that a name is about, verified or not. */
export const claimNamed = (name: string): string => (isVerifiedName(name) ? name.slice(PREFIX.length) : name)
