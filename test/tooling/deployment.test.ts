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

  const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
  const all = (pattern: RegExp, path: string): readonly string[] => [...text(path).matchAll(pattern)].map(([, found = '']) => found)
  const filesOf = (path: string): readonly string[] =>
    Object.values(settingsIn(path)).flatMap((value) => value.match(/\/run\/[\w/.-]+/g) ?? [])

  it('kubernetes: every volume is mounted, every mount is a volume, and what settings name lies in one', () => {
    const path = 'ops/kubernetes/deployment.yaml'
    const volumes = all(/^ {8}- name: (\w+)\n {10}(?:emptyDir|persistentVolumeClaim|secret):/gm, path)
    const mounts = all(/\{ name: (\w+), mountPath:/g, path)
    expect([...new Set(mounts)].toSorted()).to.deep.equal(volumes.toSorted())
    const places = all(/mountPath: ([\w/]+)/g, path)
    const files = filesOf('ops/kubernetes/settings.env')
    expect(files).to.have.length.greaterThan(4)
    for (const file of files)
      expect(
        places.some((place) => file.startsWith(`${place}/`)),
        file,
      ).to.equal(true)
  })

  it('kubernetes: keys are one folder for all nodes (rule 45), and the audit log has one of its own (rule 49)', () => {
    expect(all(/persistentVolumeClaim: \{ claimName: ([\w-]+) \}/g, 'ops/kubernetes/deployment.yaml')).to.deep.equal([
      'esignet-keys',
      'esignet-audit',
    ])
  })

  it('compose: secrets that settings name are handed to the brokers and exist', () => {
    const named = new Set(filesOf('ops/compose.yaml').map((file) => file.replace('/run/secrets/', '')))
    const [handed = ''] = all(/^x-broker:[\s\S]*?secrets: \[(.*)\]/gm, 'ops/compose.yaml')
    expect([...named].toSorted()).to.deep.equal(handed.split(', ').toSorted())
    const [made = ''] = all(/^secrets:\n((?: {2}.*\n)+)/gm, 'ops/compose.yaml')
    for (const name of named) expect(made).to.contain(`  ${name}: {`)
  })

  it('the image holds what the broker imports, and no tests (rule 46)', () => {
    const copied = [...readFileSync(join(ROOT, 'ops/Dockerfile'), 'utf8').matchAll(/^COPY (\S+) \1$/gm)].map(([, folder]) => folder)
    expect(copied).to.deep.equal(['schemas', 'domain', 'projections', 'adapters', 'src', 'ops/demo'])
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').trim().split('\n')
    expect(ignored).to.deep.equal(['*', '!package.json', '!package-lock.json', '!.npmrc', ...copied.map((folder) => `!${String(folder)}`)])
  })
})
