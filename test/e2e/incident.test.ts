import { after, before, describe, it } from 'mocha'
import { play, type Truth } from '../incident/scenario.ts'
import { understand } from '../incident/understand.ts'

describe('an incident, understood from the commands alone (npm run incident plays 2,000 sign-ins)', function () {
  this.timeout(180_000)
  let truth: Truth | undefined
  before(async () => {
    truth = await play({ logins: 40, failure: 'outage' })
  })
  after(() => truth?.end())

  it('an ID system that does not answer, a relying party with a wrong clock, and one person under attack', async () => {
    await understand(truth!)
  })
})
