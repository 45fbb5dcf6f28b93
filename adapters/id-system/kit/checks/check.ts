import type { PluginAnswer, PluginErrorKind } from '../../plugin.ts'
import { Finding } from '../asking.ts'
import type { World } from '../world.ts'

export type Check = {
  readonly name: string
  /** Why it cannot be made of this plugin or with these fixtures; undefined where it can. */
  readonly without?: (world: World) => string | undefined
  /** Throws Finding. What it answers is said beside the check. */
  readonly run: (world: World) => Promise<string | undefined>
}

export const must = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Finding(otherwise)
}

export const kindOf = (answer: PluginAnswer<unknown>): 'ok' | PluginErrorKind => (answer.ok ? 'ok' : answer.error)

export const mustBe = (answer: PluginAnswer<unknown>, kind: 'ok' | PluginErrorKind, what: string): void => {
  must(kindOf(answer) === kind, `${what} was answered ${kindOf(answer)}, not ${kind}`)
}

/** Everything about an answer but its kind. */
export const shapeOf = (answer: PluginAnswer<unknown>): string => JSON.stringify(answer.ok ? answer : { ...answer, error: '' })

export const isOne = (values: readonly string[]): boolean => new Set(values).size === 1

export const withoutCodes = ({ has, help }: World): string | undefined => {
  if (!has('otp')) return 'it describes no otp'
  return help.codes === undefined ? 'no helper reads codes' : undefined
}
