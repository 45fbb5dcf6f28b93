import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ROOT } from '../../support/broker.ts'
import { REMOVALS } from '../../support/removals.ts'

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const FOLDER = 'test/protocol/attacks'

describe('what `npm run attacks:removed` takes out', () => {
  const table = textOf(`${FOLDER}/README.md`)

  for (const { attack, file, lines, fails } of REMOVALS)
    it(`attack ${attack}: its protection stands once in ${file}, and a script and the table know it`, () => {
      expect(textOf(file).split(lines)).to.have.length(2)
      expect(readdirSync(join(ROOT, FOLDER)).filter((name) => name.startsWith(`${attack}-`))).not.to.be.empty
      const [row = ''] = table.split('\n').filter((line) => line.startsWith(`| ${attack} `))
      expect(row).to.include(`\`${file}\``).and.include(fails)
    })

  it('ten attacks at least', () => {
    expect(new Set(REMOVALS.map(({ attack }) => attack)).size).to.be.at.least(10)
  })
})
