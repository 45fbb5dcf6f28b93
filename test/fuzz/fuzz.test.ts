import { expect } from 'chai'
import { after, describe, it } from 'mocha'
import { runBatch } from './batch.ts'
import { closeWire } from './wire.ts'

/** Few, and always the same, so that everybody runs them; `npm run fuzz` sends a hundred thousand. */
const REQUESTS = 600
const SEED = 20_261_124

describe('fuzz: each door by its schema, and raw bytes (rules 1 and 17)', function () {
  this.timeout(120_000)
  after(closeWire)

  it(`${REQUESTS} requests of an attacker: no 5xx, nothing of the victim is seen, no stream of the victim changes`, async () => {
    const { requests, found, statuses } = await runBatch(SEED, REQUESTS)
    expect(found).to.deep.equal([])
    expect(requests).to.equal(REQUESTS)
    // It gets through doors, and is refused at them.
    expect(Object.keys(statuses)).to.include.members(['2xx', '3xx', '4xx'])
  })
})
