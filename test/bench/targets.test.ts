import { expect } from 'chai'
import { describe, it } from 'mocha'
import { between } from './keep.ts'
import { targetsOf } from './targets.ts'

const FIGURES = {
  logins_per_core: 300,
  ratio_peer: 1.5,
  ratio_floor: 0.749,
  p99_ms: 100,
  rss_mib: 249.6,
  bytes_per_login: 7999,
  rebuild_events_per_s: 50_000,
  replay_tx_per_s: 1999,
}

describe('what is to be reached', () => {
  it('is met from the very number on where it is at least, and below it where it is under', () => {
    expect(targetsOf(FIGURES).map(({ met }) => met)).to.deep.equal([true, false, false, true, true, true, false])
  })
})

describe('a part of a page', () => {
  it('is replaced between its marks, and nothing else', () => {
    const page = 'a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n'
    expect(between(page, 'x', 'new')).to.equal('a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n')
    expect(() => between(page, 'y', 'new')).to.throw('y')
  })
})
