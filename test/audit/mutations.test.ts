import { expect } from 'chai'
import { describe, it } from 'mocha'
import { PACKAGE_KINDS, STORE_KINDS } from './mutations.ts'
import { runMutations } from './run-mutations.ts'

describe('tampering with the audit log is found and named, against what a regulator holds (rule 49)', function () {
  this.timeout(60_000)

  it('each way of tampering once: `npm run audit:mutations` does it 200 times', async () => {
    const tamperings = await runMutations(PACKAGE_KINDS.length + STORE_KINDS.length, 7)
    for (const { made, detected, named, said } of tamperings) {
      expect(detected, `${JSON.stringify(made)}: ${said}`).to.equal(true)
      expect(named, `${JSON.stringify(made)}: ${said}`).to.equal(true)
    }
  })
})
