import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { openField, RACES, runRace, WIDTH, type Field } from './races.ts'

/** Few, so that everybody runs them; `npm run races` runs a thousand. */
const ROUNDS = 2

describe(`races: of ${WIDTH} at once on two nodes exactly one wins (rules 12, 13, 23, 30, 31, 32)`, function () {
  this.timeout(120_000)
  let field: Field
  before(async () => {
    field = await openField()
  })
  after(() => field.close())

  for (const race of RACES)
    it(race.name, async () => {
      expect(await runRace(field, race, ROUNDS)).to.deep.equal({ race: race.name, rounds: ROUNDS, won: ROUNDS, wrong: [] })
    })
})
