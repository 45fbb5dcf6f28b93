import { expect } from 'chai'
import { describe, it } from 'mocha'
import { stackedBars } from './chart.ts'
import { tell } from './profile.ts'

const node = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
  id,
  callFrame: { functionName, url, lineNumber: 0 },
  children,
})

describe('a profile is told by part', () => {
  const nodes = [
    node(1, '(root)', '', [2, 5, 6]),
    node(2, 'token', 'file:///x/src/http/token.ts', [3]),
    node(3, 'sign', 'node:internal/crypto/sig', [4]),
    node(4, 'run', ''),
    node(5, '(idle)', ''),
    node(6, '(garbage collector)', ''),
  ]
  const { parts, functions } = tell({ nodes, samples: [2, 4, 5, 6], timeDeltas: [0, 10, 20, 40, 80] })

  it("what has no file of ours belongs to its caller's part; sleep belongs to none", () => {
    expect(parts).to.deep.equal({ doors: 30, 'garbage collection': 80 })
  })

  it('functions are told with their file, native ones with their caller', () => {
    expect([...functions]).to.deep.equal([
      ['token src/http/token.ts:1', 10],
      ['run < sign node:internal/crypto/sig', 20],
      ['(garbage collector)', 80],
    ])
  })
})

describe('a chart', () => {
  it('has a bar of its own length for each part, and its sum in words', () => {
    const svg = stackedBars('Costs', 'us', [{ name: 'a < b', parts: { one: 30, two: 10 } }], ['one', 'two'])
    expect(svg).to.include('<title>a &lt; b, one: 30 us</title>').and.to.include('>40</text>')
    const widths = [...svg.matchAll(/width="([\d.]+)" height="26"/g)].map(([, width]) => Number(width))
    expect((widths[0] ?? 0) / (widths[1] ?? 1)).to.be.closeTo(3, 0.01)
  })
})
