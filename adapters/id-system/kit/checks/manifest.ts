import type { Factor } from '../../plugin.ts'
import { FACTORS } from '../../description.ts'
import { waitFor } from '../asking.ts'
import { valueOf, type World } from '../world.ts'
import { must, mustBe, type Check } from './check.ts'

/** Factors that are described and not shown to work. */
const unproven = ({ description, fixtures, typed, help }: World): readonly Factor[] =>
  description()
    .factors.map(({ factor }) => factor)
    .filter((factor) => (factor === 'otp' ? help.codes === undefined : !typed().includes(factor)))
    .filter((factor) => fixtures.untested?.includes(factor) !== true)

export const manifestChecks: readonly Check[] = [
  {
    name: 'describes itself the same way each time',
    run: async ({ description, reopen }) => {
      const before = JSON.stringify(description())
      await reopen()
      must(JSON.stringify(description()) === before, 'describe() says something else after a restart with the same settings')
      return undefined
    },
  },
  {
    name: 'lets a person prove who they are by every factor it describes',
    run: async (world) => {
      const { fixtures, typed, verify, help, has, ask, wish, code } = world
      const { valid } = fixtures
      for (const factor of typed()) valueOf(await verify(valid.id, factor, valid.proofs[factor] ?? ''), `the right ${factor}`)
      if (has('otp') && help.codes !== undefined) {
        const request = wish(valid.id)
        const { transaction } = request
        valueOf(await ask.send(request), 'a wish for a code')
        valueOf(await verify(valid.id, 'otp', await code(transaction), { transaction }), 'the right otp')
      }
      const missing = unproven(world)
      must(missing.length === 0, `the fixtures cannot prove ${missing.join(', ')}, and do not name them in untested`)
      return fixtures.untested && `untested, as the fixtures say: ${fixtures.untested.join(', ')}`
    },
  },
  {
    name: 'answers `unsupported` to a factor that it does not describe',
    run: async ({ has, verify, fixtures }) => {
      for (const factor of FACTORS.filter((one) => !has(one)))
        mustBe(await verify(fixtures.valid.id, factor, '123456'), 'unsupported', `a proof by ${factor}`)
      return undefined
    },
  },
  {
    name: 'is up',
    run: async ({ system, timers }) => {
      const health: unknown = await waitFor('health()', timers, async () => system().health())
      const { status }: { readonly status?: unknown } = Object(health) as object
      must(status === 'up', `health() says ${status === 'degraded' || status === 'down' ? status : 'something that is no health'}`)
      return undefined
    },
  },
]
