import { waitFor } from '../asking.ts'
import { kindOf, must, mustBe, type Check } from './check.ts'

const ODD = ['', ' ', '\u0000', '../../etc/passwd', "' OR 1=1 --", '9'.repeat(5000), '\u202e\u{1f600}', '__proto__']

/** How slow the ID system is made, and how long its answer is waited for then, milliseconds. */
const SLOW_MS = 400
const HURRY_MS = 60

export const faultChecks: readonly Check[] = [
  {
    name: 'throws at nothing: input of the wrong form is an answer',
    run: async ({ fixtures: { valid }, description, system, ask, call, wish, verify }) => {
      const factor = description().factors[0]?.factor ?? 'pin'
      for (const value of ODD) {
        const id = { type: valid.id.type, value }
        const answers = [
          await verify(id, factor, value),
          await verify(valid.id, factor, value),
          ...(system().release === undefined
            ? []
            : [await ask.release({ ...call(), session: value, claims: description().claims.slice(0, 1) })]),
          ...(system().resolve === undefined ? [] : [await ask.resolve({ ...call(), id })]),
          ...(system().send === undefined ? [] : [await ask.send(wish(id))]),
        ].map(kindOf)
        const wrong = answers.find((kind) => kind === 'ok' || kind === 'unavailable' || kind === 'misconfigured')
        must(wrong === undefined, `input of the wrong form was answered ${wrong ?? ''}`)
      }
      return undefined
    },
  },
  {
    name: 'an unreachable ID system is `unavailable` and not up, and works again afterwards',
    without: ({ help }) => (help.outage === undefined ? 'no helper makes the ID system unreachable' : undefined),
    run: async ({ fixtures: { valid, wrong }, description, help, verify, system, timers, proven }) => {
      await help.outage?.(true)
      try {
        const factor = description().factors[0]?.factor ?? 'pin'
        mustBe(await verify(valid.id, factor, wrong[factor] ?? '000000'), 'unavailable', 'a proof without the ID system')
        const health: unknown = await waitFor('health()', timers, async () => system().health())
        must((Object(health) as { readonly status?: unknown }).status !== 'up', 'health() says up without the ID system')
      } finally {
        await help.outage?.(false)
      }
      await proven(valid)
      return undefined
    },
  },
  {
    name: 'a slow one harms nobody: an answer after the deadline is no yes to somebody else, and it works again afterwards',
    without: ({ help }) => (help.slow === undefined ? 'no helper makes the ID system slow' : undefined),
    run: async ({ fixtures: { valid, wrong }, description, help, ask, call, clock, proven }) => {
      await help.slow?.(SLOW_MS)
      try {
        const factor = description().factors[0]?.factor ?? 'pin'
        const request = { ...call({ deadline: clock.in(HURRY_MS) }), id: valid.id, factor, proof: wrong[factor] ?? '000000' }
        const kind = kindOf(await ask.verify(request))
        must(kind === 'unavailable' || kind === 'challenge_failed', `a wrong proof with a slow ID system was answered ${kind}`)
      } finally {
        await help.slow?.(0)
      }
      await proven(valid)
      return undefined
    },
  },
  {
    name: 'closes, and opens again',
    run: async ({ reopen, proven, fixtures: { valid } }) => {
      await reopen()
      await proven(valid)
      return undefined
    },
  },
]
