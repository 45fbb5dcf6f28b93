import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  checkBody,
  checkClient,
  checkCommand,
  checkConfig,
  checkEvent,
  checkMetadata,
  checkPolicy,
  documentDefaults,
  eventDescription,
} from '../../schemas/check.ts'

const AT = '2026-11-24T12:00:00.000Z'
const FAILED = { send: 1, factor: 'otp', reason: 'unavailable' }

const problemsOf = (checked: { readonly ok: boolean; readonly problems?: readonly string[] }): readonly string[] => checked.problems ?? []

describe('check: unknown in, typed value out', () => {
  it('an event that fits comes back with its type', () => {
    const checked = checkEvent('transaction', 'FactorFailed', 1, FAILED)
    expect(checked).to.deep.equal({ ok: true, value: { type: 'FactorFailed', data: FAILED } })
  })

  it('an event of another kind, type or version is refused', () => {
    expect(checkEvent('client', 'FactorFailed', 1, FAILED).ok).to.equal(false)
    expect(checkEvent('transaction', 'FactorFailed', 2, FAILED).ok).to.equal(false)
    for (const type of ['Unheard', 'toString', '__proto__', '../client/ClientRegistered', '']) {
      expect(checkEvent('transaction', type, 1, FAILED), type).to.deep.equal({
        ok: false,
        problems: ['an event of this type is not known'],
      })
    }
  })

  it('a missing, a wrong and a surplus member are refused', () => {
    expect(problemsOf(checkEvent('transaction', 'FactorFailed', 1, { send: 1, factor: 'otp' }))).to.deep.equal([
      "/ must have required property 'reason'",
    ])
    expect(problemsOf(checkEvent('transaction', 'FactorFailed', 1, { ...FAILED, send: '1' }))).to.deep.equal(['/send must be integer'])
    expect(problemsOf(checkEvent('transaction', 'FactorFailed', 1, { ...FAILED, phone: '1' }))).to.deep.equal([
      '/ has a member that is not known',
    ])
    for (const data of [null, undefined, 1, 'x', [], [FAILED]])
      expect(checkEvent('transaction', 'FactorFailed', 1, data).ok).to.equal(false)
  })

  it('a command is flat: its type stands among its members', () => {
    const command = { type: 'AttemptFactor', at: AT, factor: 'otp' }
    expect(checkCommand('transaction', command)).to.deep.equal({ ok: true, value: command })
    expect(checkCommand('transaction', { ...command, proof: '1' }).ok).to.equal(false)
    expect(checkCommand('client', command).ok).to.equal(false)
    for (const wrong of [null, 1, 'x', [], {}, { type: 1 }, { type: 'constructor' }])
      expect(checkCommand('transaction', wrong).ok).to.equal(false)
  })

  it('configuration is told all that is wrong at once, with the names of unknown members', () => {
    const problems = problemsOf(checkConfig({ port: 70_000, prot: 1, logLevel: 'loud' }))
    expect(problems).to.have.members([
      '/ has prot that is not known',
      '/port must be <= 65535',
      '/logLevel must be one of info, warn, error, off',
    ])
  })

  it('defaults are what the schema says, and fit it', () => {
    expect(documentDefaults('config')).to.include({ host: '127.0.0.1', logLevel: 'info' })
    expect(checkConfig(documentDefaults('config')).ok).to.equal(true)
    expect(problemsOf(checkPolicy({ ...documentDefaults('policy'), assurance: { acrs: [{ acr: 'a', factors: ['otp'] }] } }))).to.deep.equal(
      [],
    )
    expect(documentDefaults('policy')).not.to.equal(documentDefaults('policy'))
  })

  it('other documents are checked alike', () => {
    expect(checkMetadata({}).ok).to.equal(false)
    expect(checkClient({}).ok).to.equal(false)
    expect(problemsOf(checkBody('client-registration', {}))).to.include("/ must have required property 'client_id'")
  })

  it('an event has a wording for the audit log', () => {
    expect(eventDescription('transaction', 'FactorFailed')).to.be.a('string')
    expect(eventDescription('transaction', '../../config')).to.equal(undefined)
  })
})

describe('check: problems never repeat what was found (rule 1)', () => {
  const canary = 'c4n4ry-7281936405'
  const plant = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constant(canary),
      fc.constant(7281936405),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(canary, 'client', 'factor', 'claims', 'jwks', 'keys', 'brand', 'rules', 'redirect_uris'),
        tie('value'),
        { maxKeys: 4 },
      ),
    ),
  })).value

  it('whatever is planted, and wherever', () => {
    fc.assert(
      fc.property(plant, (value) => {
        const all = [
          checkEvent('transaction', 'AuthorizationStarted', 1, value),
          checkEvent('transaction', canary, 1, value),
          checkCommand('transaction', { type: 'StartAuthorization', at: value, client: value }),
          checkCommand('transaction', { type: canary }),
          checkMetadata({ rules: { [canary]: value } }),
          checkBody('client-registration', value),
          checkBody('client-registration', { jwks: { keys: [value] }, [`client_name#${canary}`]: value }),
          checkClient(value),
        ]
        expect(JSON.stringify(all.map(problemsOf))).not.to.match(/c4n4ry|7281936405/)
      }),
      { numRuns: 200 },
    )
  })
})

describe('check: start compiles nothing (rule 47)', () => {
  it('importing it reads no schema', () => {
    const program = `
      const fs = require('node:fs')
      const read = fs.readFileSync
      const seen = []
      fs.readFileSync = (path, ...rest) => { seen.push(String(path)); return read(path, ...rest) }
      require('node:module').syncBuiltinESMExports()
      import(process.argv[1]).then(({ checkConfig }) => {
        const before = seen.filter((path) => path.includes('/schemas/') && path.endsWith('.json')).length
        checkConfig({})
        console.log(before, seen.filter((path) => path.includes('/schemas/') && path.endsWith('.json')).length)
      })`
    const { stdout } = spawnSync(process.execPath, ['-e', program, join(import.meta.dirname, '../../schemas/check.ts')], {
      encoding: 'utf8',
    })
    expect(stdout.trim()).to.equal('0 1')
  })
})
