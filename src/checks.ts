import { isSolved, newChallenge, readChallenge } from './crypto/work.ts'
import { originOf, type Act } from './steps/act.ts'
import type { World } from './world.ts'

/** What came with a form by which an unknown device shows that guessing is dear to it. */
export type Check = { readonly challenge?: string | undefined; readonly solution?: string | undefined; readonly token?: string | undefined }

/** Scope of the memory in which challenges are used up. */
const SCOPE = 'check'

type Checking = Pick<World, 'settings' | 'secrets' | 'singleUse' | 'guesses' | 'captcha'>

/** Another challenge; it is the ticket of who waits, too. */
export const challengeFor = ({ secrets, chance, settings }: World, { transaction, at }: Act): string =>
  newChallenge(secrets.csrf, chance, transaction, settings.guard.workBits, at)

/** Seconds that whoever brought this challenge still has to wait. */
export const waitLeftS = ({ secrets, settings }: World, { transaction, at }: Act, challenge: string): number => {
  const read = readChallenge(secrets.csrf, transaction, challenge, at)
  return read === undefined ? settings.guard.waitS : Math.max(0, Math.ceil(settings.guard.waitS - read.ageS))
}

/** Whether an unknown device has to do anything at all now. */
const isAsked = async ({ settings, guesses }: Checking, act: Act): Promise<boolean> => {
  const { when } = settings.guard
  if (when === 'attacked') return guesses.attacked(originOf(act))
  return when === 'always'
}

/** Work done or time spent, once, for this transaction; or a token that the captcha service believes. */
const isShown = async (world: Checking, { transaction, at, network = '' }: Act, { challenge = '', solution, token }: Check) => {
  const { guard } = world.settings
  if (guard.by === 'captcha' && token !== undefined && (await world.captcha(token))) return true
  const read = readChallenge(world.secrets.csrf, transaction, challenge, at)
  if (read === undefined) return false
  const worked = guard.by === 'work' && solution !== undefined && (await isSolved(read, solution))
  if (!worked && (read.ageS < guard.waitS || !(await world.guesses.admit(network)))) return false
  return world.singleUse.use(SCOPE, read.nonce, read.until)
}

/** Whether an unknown device may go on. Devices that a person trusts are never asked (rule 21). */
export const mayTry = async (world: Checking, act: Act, check: Check): Promise<boolean> =>
  !(await isAsked(world, act)) || isShown(world, act, check)
