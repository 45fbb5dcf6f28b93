import { captchaOf } from './captcha.ts'
import type { Settings } from './config.ts'
import { guesses } from './guesses.ts'
import type { Runtime } from './runtime.ts'
import type { World } from './world.ts'
import type { RemoteServices, Tallies } from '../domain/ports.ts'

/** Hosts that the operator named for this alone, so they may lie in the network that the broker is in. */
export const captchaHosts = ({ guard: { captcha } }: Settings): readonly string[] =>
  captcha === undefined ? [] : [new URL(captcha.validatorUrl).hostname]

/** What tells guessing from an ordinary day, and what is asked of unknown devices then. */
export const guardOf = (
  { guard, postsPerMinute }: Settings,
  runtime: Runtime,
  parts: { readonly tallies: Tallies; readonly services: RemoteServices; readonly key: Uint8Array },
): Pick<World, 'guesses' | 'captcha'> => ({
  guesses: guesses({ ...runtime, ...guard, ...parts, postsPerMinute }),
  captcha: captchaOf({ ...runtime, ...parts }, guard.captcha),
})
