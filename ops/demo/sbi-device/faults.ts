/** What a simulated reader can do wrong, and what a person should then be told: a family of `src/biometrics/faults.ts`, or a wrong proof. */
export const FAULTS = {
  // It is not there, or not ready.
  absent: { told: 'none', what: 'nothing listens' },
  'no-cors': { told: 'none', what: 'its answers may not be read by web pages' },
  silent: { told: 'none', what: 'it accepts connections and says nothing' },
  busy: { told: 'busy', what: 'another program uses it' },
  'not-ready': { told: 'not_ready', what: 'it is not ready' },
  'not-registered': { told: 'unregistered', what: 'it is not registered' },
  'for-registration': { told: 'unfit', what: 'it is made for registration only' },
  'level-0': { told: 'unfit', what: 'it has no trust module' },
  // It does not answer a capture as it should.
  hung: { told: 'late', what: 'it never answers the capture' },
  cut: { told: 'lost', what: 'its answer breaks off' },
  'no-json': { told: 'damaged', what: 'its answer is no JSON' },
  empty: { told: 'damaged', what: 'its answer holds nothing' },
  huge: { told: 'damaged', what: 'its answer is over 2 MiB' },
  'error-100': { told: 'unregistered', what: 'it says: not registered' },
  'error-101': { told: 'nothing', what: 'it says: nothing on the reader' },
  'error-102': { told: 'weak', what: 'it says: the capture could not be used' },
  'error-103': { told: 'tampered', what: 'it says: opened or changed' },
  'error-104': { told: 'offline', what: 'it says: no way to its management server' },
  'error-106': { told: 'lost', what: 'it says: unplugged' },
  'error-109': { told: 'other', what: 'it says: so many it cannot take' },
  'error-110': { told: 'not_ready', what: 'it says: not ready' },
  'error-111': { told: 'busy', what: 'it says: busy' },
  'error-500': { told: 'failed', what: 'an error of its maker' },
  // What it signed is not what was asked for.
  'bad-signature': { told: 'untrusted', what: 'the signature is not over this' },
  'alg-none': { told: 'untrusted', what: 'it is not signed' },
  'alg-hs256': { told: 'untrusted', what: 'it is signed by a secret' },
  'no-certificate': { told: 'untrusted', what: 'it shows no certificate' },
  'unknown-anchor': { told: 'untrusted', what: 'nobody known vouches for its key' },
  'wrong-usage': { told: 'untrusted', what: 'its key is not for signing' },
  'expired-certificate': { told: 'expired', what: 'its certificate has ended' },
  'early-certificate': { told: 'expired', what: 'its certificate does not count yet' },
  'foreign-identity': { told: 'untrusted', what: 'its identity is signed by a stranger' },
  'other-identity': { told: 'untrusted', what: 'its identity is of another kind of reader' },
  'wrong-purpose': { told: 'untrusted', what: 'it captured for registration' },
  'wrong-env': { told: 'untrusted', what: 'it is made for another environment' },
  'wrong-spec': { told: 'untrusted', what: 'a version of the interface that is not known' },
  'wrong-domain': { told: 'mixed', what: 'it captured for another site' },
  'wrong-transaction': { told: 'mixed', what: 'it captured for another sign-in' },
  stale: { told: 'stale', what: 'the capture is an hour old' },
  ahead: { told: 'stale', what: 'its clock is an hour ahead' },
  'wrong-type': { told: 'other', what: 'it captured something else' },
  'wrong-subtype': { told: 'other', what: 'it captured another finger' },
  'wrong-count': { told: 'other', what: 'it captured too many' },
  'low-quality': { told: 'weak', what: 'the capture is blurred' },
  'bad-hash': { told: 'damaged', what: 'the hash is none' },
  duplicate: { told: 'duplicate', what: 'the same capture twice' },
  // What only the ID system can see.
  'tampered-hash': { told: 'wrong', what: 'the hash is of something else' },
  'other-key': { told: 'wrong', what: 'it encrypted for somebody else' },
  'other-person': { told: 'wrong', what: 'somebody else is at the reader' },
  // It works, slowly.
  slow: { told: 'works', what: 'it takes its time for everything' },
} as const satisfies Readonly<Record<string, { readonly told: string; readonly what: string }>>

export type Fault = keyof typeof FAULTS

export const isFault = (text: unknown): text is Fault => typeof text === 'string' && Object.hasOwn(FAULTS, text)
