import type { Factor, IndividualId } from '../../plugin.ts'
import type { World } from '../world.ts'
import { isOne, must, mustBe, shapeOf, withoutCodes, type Check } from './check.ts'

/** Times that each kind of person is asked, and a difference of the medians that somebody outside sees, milliseconds. */
const ROUNDS = 20
const APART_MS = 50

const nobody = ({ fixtures: { unknown, blocked } }: World): readonly IndividualId[] =>
  blocked === undefined ? [unknown] : [unknown, blocked.id]

const wrongFor = ({ fixtures: { wrong }, typed }: World): readonly [Factor, string] | undefined => {
  const factor = typed().find((known) => wrong[known] !== undefined)
  return factor === undefined ? undefined : [factor, wrong[factor] ?? '']
}

const medianOf = (took: readonly number[]): number => took.toSorted((left, right) => left - right)[took.length >> 1] ?? 0

export const enumerationChecks: readonly Check[] = [
  {
    name: 'unknown, blocked and wrong differ by the kind of the error alone',
    run: async (world) => {
      const { fixtures, description, verify } = world
      const denial = fixtures.tellsUnknown === false ? 'challenge_failed' : 'subject_denied'
      for (const { factor } of description().factors) {
        const proof = fixtures.wrong[factor]
        if (proof === undefined) continue
        const failed = await verify(fixtures.valid.id, factor, proof)
        mustBe(failed, 'challenge_failed', `a wrong ${factor}`)
        for (const id of nobody(world)) {
          const denied = await verify(id, factor, proof)
          mustBe(denied, denial, `a ${factor} of an unknown or blocked person`)
          must(shapeOf(denied) === shapeOf(failed), `the code or the shape of an answer tells unknown or blocked from a wrong ${factor}`)
        }
      }
      return undefined
    },
  },
  {
    name: 'a blocked person is denied with the right proof as with the wrong one',
    without: ({ fixtures: { blocked } }) => (blocked === undefined ? 'the fixtures have nobody who is blocked' : undefined),
    run: async ({ fixtures: { blocked, wrong }, typed, verify }) => {
      for (const factor of typed()) {
        const tries = [blocked?.proofs[factor], wrong[factor]].filter((proof) => proof !== undefined)
        const answers = []
        for (const proof of tries) answers.push(JSON.stringify(await verify(blocked?.id ?? { type: 'uin', value: '' }, factor, proof)))
        must(answers.length === 0 || isOne(answers), `a blocked person sees by the answer that a ${factor} is right`)
      }
      return undefined
    },
  },
  {
    name: 'denies a message to the unknown and the blocked in one shape, and sends none',
    without: ({ has }) => (has('otp') ? undefined : 'it describes no otp'),
    run: async (world) => {
      const shapes: string[] = []
      for (const id of nobody(world)) {
        const request = world.wish(id)
        const answer = await world.ask.send(request)
        mustBe(answer, 'subject_denied', 'a wish for a code of an unknown or blocked person')
        shapes.push(JSON.stringify(answer))
        if (withoutCodes(world) === undefined)
          must((await world.codes(request.transaction)).length === 0, 'a code was sent to an unknown or blocked person')
      }
      must(isOne(shapes), 'the answer to a wish tells unknown from blocked')
      return undefined
    },
  },
  {
    name: 'takes alike for all; the medians are reported, and only a difference that anybody sees fails',
    without: (world) => (wrongFor(world) === undefined ? 'the fixtures have no wrong proof of a factor that is typed' : undefined),
    run: async (world) => {
      const [factor, proof] = wrongFor(world) ?? ['pin', '']
      const ids = [world.fixtures.valid.id, ...nobody(world)]
      const took = ids.map((): number[] => [])
      // In turns, so that a busy moment of the machine meets all of them.
      for (let round = 0; round < ROUNDS; round += 1)
        for (const [index, id] of ids.entries()) {
          const begun = performance.now()
          await world.verify(id, factor, proof)
          took[index]?.push(performance.now() - begun)
        }
      const medians = took.map(medianOf)
      must(
        Math.max(...medians) - Math.min(...medians) < APART_MS,
        `the medians of wrong, unknown and blocked are ${APART_MS} ms apart or more`,
      )
      return medians.map((ms) => `${ms.toFixed(3)} ms`).join(', ')
    },
  },
]
