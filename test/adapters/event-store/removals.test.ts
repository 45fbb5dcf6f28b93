import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FAULT_REMOVALS } from '../../support/fault-removals.ts'
import { ROOT } from '../../support/broker.ts'

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const CLIENT_FAULTS = Array.from({ length: 10 }, (_, n) => `F${String(n + 1)}`)
const ROWS = [
  'leader change',
  'timeout of an append',
  'wrong expected version',
  'subscription dropped',
  'subscription silently dead',
  'slow consumer',
  'node restart',
  'discovery',
  'TLS',
  'disk full',
  'I/O or fsync error',
]

describe('what `npm run faults:removed` takes out', () => {
  const table = textOf('test/adapters/event-store/README.md').split('\n')
  const contract = textOf('test/contracts/event-store.ts')

  for (const { fault, file, lines, test, fails } of FAULT_REMOVALS)
    it(`${fault}: ${JSON.stringify(lines.trim())} stands once in ${file}, and test and table know it`, () => {
      expect(textOf(file).split(lines)).to.have.length(2)
      expect(textOf(test) + contract).to.include(fails)
      expect(table.some((row) => row.startsWith(`| ${fault} `) && row.includes(`\`${file}\``) && row.includes(fails))).to.equal(true)
    })

  it('something of every fault', () => {
    expect([...new Set(FAULT_REMOVALS.map(({ fault }) => fault))]).to.have.members([...CLIENT_FAULTS, ...ROWS])
  })
})
