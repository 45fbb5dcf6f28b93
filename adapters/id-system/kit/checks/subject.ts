import { valueOf } from '../world.ts'
import { isOne, must, mustBe, type Check } from './check.ts'

export const subjectChecks: readonly Check[] = [
  {
    name: 'has one key for a person, over repeats, factors, aliases and a restart',
    run: async ({ fixtures: { valid }, proven, typed, verify, reopen }) => {
      const keys = [(await proven(valid)).subjectKey, (await proven(valid)).subjectKey]
      for (const factor of typed()) keys.push(valueOf(await verify(valid.id, factor, valid.proofs[factor] ?? '')).subjectKey)
      for (const id of valid.aliases ?? []) keys.push((await proven({ ...valid, id })).subjectKey)
      await reopen()
      keys.push((await proven(valid)).subjectKey)
      must(isOne(keys), 'one person has several subject keys')
      return undefined
    },
  },
  {
    name: 'has another key for another person, and none that is an identifier',
    run: async ({ fixtures: { valid, second }, proven }) => {
      const { subjectKey } = await proven(valid)
      must((await proven(second)).subjectKey !== subjectKey, 'two persons have one subject key')
      for (const { value } of [valid.id, ...(valid.aliases ?? [])])
        must(!subjectKey.includes(value), 'the subject key holds an identifier of the person')
      return undefined
    },
  },
  {
    name: 'gives other relying parties another pairwise subject, where it gives one',
    run: async ({ fixtures: { valid }, proven }) => {
      const one = (await proven(valid, { client: 'one' })).pairwiseSubject
      const two = (await proven(valid, { client: 'two' })).pairwiseSubject
      must(one === undefined || one !== two, 'two relying parties get one pairwise subject')
      return undefined
    },
  },
  {
    name: 'joins aliases before anything is proven, where it resolves (rule 18)',
    without: ({ system }) => (system().resolve === undefined ? 'it has no resolve()' : undefined),
    run: async ({ fixtures: { valid, unknown }, proven, ask, call }) => {
      const { subjectKey } = await proven(valid)
      for (const id of [valid.id, ...(valid.aliases ?? [])])
        must(
          valueOf(await ask.resolve({ ...call(), id }), 'resolve()').subjectKey === subjectKey,
          'resolve() has another key than verify()',
        )
      mustBe(await ask.resolve({ ...call(), id: unknown }), 'subject_denied', 'resolve() of an unknown identifier')
      return undefined
    },
  },
]
