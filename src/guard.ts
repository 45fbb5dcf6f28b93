import { captchaOf } from './captcha.ts'
import type { Settings } from './config.ts'
import { guesses, type Guesses } from './guesses.ts'
import type { Runtime } from './runtime.ts'
import type { Observer } from './telemetry/observer.ts'
import type { World } from './world.ts'
import type { RemoteServices, Tallies } from '../domain/ports.ts'

/** Hosts that the operator named for this alone, so they may lie in the network that the broker is in. */
export const captchaHosts = ({ guard: { captcha } }: Settings): readonly string[] =>
  captcha === undefined ? [] : [new URL(captcha.validatorUrl).hostname]

/** Counts those who are turned away, or have to work first. */
const watched = (inner: Guesses, { turnedAway }: Pick<Observer, 'turnedAway'>): Guesses => ({
  ...inner,
  post: async (network) => {
    const taken = await inner.post(network)
    if (!taken.ok) turnedAway('posts')
    return taken
  },
  attacked: async (origin) => {
    const is = await inner.attacked(origin)
    if (is) turnedAway('guessing')
    return is
  },
  admit: async (network) => {
    const may = await inner.admit(network)
    if (!may) turnedAway('waits')
    return may
  },
})

/** What tells guessing from an ordinary day, and what is asked of unknown devices then. */
export const guardOf = (
  { guard, postsPerMinute }: Settings,
  runtime: Runtime,
  parts: { readonly tallies: Tallies; readonly services: RemoteServices; readonly key: Uint8Array; readonly observer: Observer },
): Pick<World, 'guesses' | 'captcha'> => ({
  guesses: watched(guesses({ ...runtime, ...guard, ...parts, postsPerMinute, onGuessing: parts.observer.guessing }), parts.observer),
  captcha: captchaOf({ ...runtime, ...parts }, guard.captcha),
})
