import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readSettings } from '../../src/config.ts'
import { ROOT } from '../support/broker.ts'

/** `NAME=value` or `NAME: value`, also several in a line; what the operator fills in is filled in. */
const settingsIn = (path: string): Record<string, string> =>
  Object.fromEntries(
    [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^(?:ENV)?\s*(ESIGNET_[A-Z_]+)(?:=|: )'?(.*?)'?$/gm)].map(
      ([, name = '', value = '']) => [
        name,
        value.replace(/^\$\{ESIGNET_ISSUER.*\}$/, 'https://esignet.example').replace(/^\$\{.*\}$/, 'your-plugin'),
      ],
    ),
  )

describe('what is deployed', () => {
  for (const path of ['ops/compose.yaml', 'ops/kubernetes/settings.env'])
    it(`${path}: its settings are settings, and production takes them`, () => {
      const settings = settingsIn(path)
      expect(Object.keys(settings)).to.have.length.greaterThan(14)
      expect(readSettings({}, settings, 'production', ROOT)).to.have.property('ok', true)
    })

  it('the image holds what the broker imports, and no tests (rule 46)', () => {
    const copied = [...readFileSync(join(ROOT, 'ops/Dockerfile'), 'utf8').matchAll(/^COPY (\S+) \1$/gm)].map(([, folder]) => folder)
    expect(copied).to.deep.equal(['schemas', 'domain', 'projections', 'adapters', 'src', 'ops/demo'])
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').trim().split('\n')
    expect(ignored).to.deep.equal(['*', '!package.json', '!package-lock.json', '!.npmrc', ...copied.map((folder) => `!${String(folder)}`)])
  })
})
