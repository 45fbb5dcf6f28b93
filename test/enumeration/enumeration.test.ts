import { expect } from 'chai'
import { describe, it } from 'mocha'
import { accuracy } from './classify.ts'
import { ASKED, KINDS, measure } from './measure.ts'

describe('SEC-02: who is known does not show, in small (npm run attack:enumeration goes on for longer)', () => {
  const spread = (from: number): readonly number[] => Array.from({ length: 2000 }, (_, n) => from + ((n * 7919) % 100))

  it('the classifier tells what can be told, and nothing else', () => {
    expect(accuracy(spread(0), spread(100))).to.be.at.least(0.98)
    expect(accuracy(spread(100), spread(0))).to.be.at.least(0.98)
    expect(accuracy(spread(0), spread(50))).to.be.within(0.7, 0.8)
    expect(accuracy(spread(0), spread(0))).to.be.within(0.48, 0.52)
  })

  it('known, unknown and blocked get one answer, and none before the ID system could have been asked', async () => {
    const { ms, statuses } = await measure(6, 2)
    expect(statuses).to.have.length(ASKED.length)
    for (const kind of KINDS) for (const asked of ASKED) expect(ms[asked][kind]).to.have.length(6)
    // Whoever is not known is refused by the ID system within some milliseconds: the answer takes a full step all the same.
    for (const kind of KINDS) expect(Math.min(...ms['a wrong PIN'][kind])).to.be.at.least(45)
  }).timeout(60_000)
})
