import { setTimeout as sleep } from 'node:timers/promises'
import { accept, begin, callbackOf, proveByPin, redeem, userinfo, type Party } from '../support/rp.ts'
import type { Cluster } from './cluster.ts'

/** Of the demonstration: with more than one nobody waits for another's turn. */
const PEOPLE = [
  ['8267411571', '545411'],
  ['1774231323', '111111'],
  ['6148230579', '204816'],
  ['4417098235', '730215'],
  ['3290516784', '918273'],
  ['7605183942', '364128'],
] as const

/** A person who meets an outage tries again, and so does a relying party that knows of no answer. */
const LOGIN_TRIES_MAX = 200
const REDEEM_TRIES_MAX = 100
const TRY_AGAIN_MS = 250

export type Tally = {
  /** Transactions whose tokens were handed out, in the order in which that was acknowledged. */
  readonly done: string[]
  /** Whole logins that were begun again. */
  again: number
  /** Codes of which the answer was lost: redeemed, and nobody has the tokens. */
  lostAnswers: number
}

/** True with tokens; false where the answer to the redemption was lost, so that the code is used and nobody has them. */
const redeemed = async (
  cluster: Cluster,
  party: Party,
  signedIn: { readonly code: string; readonly verifier: string },
): Promise<boolean> => {
  for (let tries = 0; tries < REDEEM_TRIES_MAX; tries += 1) {
    const got = await redeem(cluster, party, signedIn).catch(() => undefined)
    if (got?.status === 200) {
      await userinfo(cluster, String(got.json['access_token'])).catch(() => undefined)
      return true
    }
    if (got?.json['error'] === 'invalid_grant') return false
    await sleep(TRY_AGAIN_MS)
  }
  return false
}

const once = async (cluster: Cluster, party: Party, n: number, tally: Tally): Promise<boolean> => {
  const [id, pin] = PEOPLE[n % PEOPLE.length] ?? PEOPLE[0]
  try {
    const begun = await begin(cluster, party, { via: n % 2 === 0 ? 'par' : 'direct' })
    const back = await accept(begun.browser, await proveByPin(begun, id, pin))
    const code = callbackOf(back).searchParams.get('code')
    if (code === null) return false
    if (await redeemed(cluster, party, { ...begun, code })) tally.done.push(begun.transaction)
    else {
      tally.lostAnswers += 1
      return false
    }
    return true
  } catch {
    return false
  }
}

/** So many logins, each until it ends well; throws where one never does. */
export const logins = async (
  cluster: Cluster,
  party: Party,
  count: number,
  atOnce: number,
  progress: (done: number) => void,
): Promise<Tally> => {
  const tally: Tally = { done: [], again: 0, lostAnswers: 0 }
  let next = 0
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      let tries = 1
      while (!(await once(cluster, party, n, tally))) {
        tally.again += 1
        tries += 1
        if (tries > LOGIN_TRIES_MAX) throw new Error(`login ${n} did not end well in ${LOGIN_TRIES_MAX} tries`)
        await sleep(TRY_AGAIN_MS)
      }
      progress(tally.done.length)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return tally
}
