import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runKit, type KitOptions } from '../../../adapters/id-system/kit/kit.ts'
import { shortTransaction } from '../../../adapters/id-system/wire.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { LEO, MAYA, NADIA } from '../../support/ida/people.ts'
import { standInIda } from '../../support/ida/server.ts'
import { systemTimers as timers } from '../../support/plugin-world.ts'
import { standInRegistry } from '../../support/registry.ts'

const uin = (value: string) => ({ type: 'uin', value }) as const

describe('the conformance kit over the plugins for MOSIP IDA and Sunbird RC, each in a thread of its own', function () {
  this.timeout(90_000)
  let dataDirectory: string
  before(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'kit-shipped-'))
  })
  after(() => rmSync(dataDirectory, { recursive: true, force: true }))

  const expectConforms = async (module: string, options: Pick<KitOptions, 'settings' | 'fixtures' | 'help'>, passedMin: number) => {
    const clock = { now: () => new Date().toISOString() }
    const { conforms, checks } = await runKit({ module, clock, chance, timers, dataDirectory: join(dataDirectory, module), ...options })
    expect(checks.filter(({ outcome }) => outcome === 'found')).to.deep.equal([])
    expect(conforms).to.equal(true)
    expect(checks.filter(({ outcome }) => outcome === 'passed').length).to.be.at.least(passedMin)
  }

  it('mosip-ida conforms, with a stand-in for ID Authentication behind it', async () => {
    let aheadMs = 0
    const ida = await standInIda({ now: () => new Date(Date.now() + aheadMs).toISOString() })
    const fixtures = {
      valid: {
        id: uin(MAYA.uin),
        aliases: [{ type: 'vid', value: MAYA.vid ?? '' } as const],
        proofs: { pin: MAYA.pin, password: MAYA.password },
        claims: ['name', 'gender', 'birthdate', 'email', 'phone_number', 'address', 'picture'],
      },
      second: { id: uin(LEO.uin), proofs: { pin: LEO.pin }, claims: ['name'] },
      blocked: { id: uin(NADIA.uin), proofs: { pin: NADIA.pin }, claims: [] },
      unknown: uin('1000000009'),
      wrong: { otp: '000000', pin: '000000', password: 'not-my-password' },
    }
    const help = {
      codes: async (transaction: string) =>
        ida.sent().flatMap((sent) => (sent.transaction === shortTransaction(transaction) ? [sent.otp] : [])),
      outage: async (on: boolean) => ida.setFaults(on ? { status: 503 } : {}),
      slow: async (delayMs: number) => ida.setFaults({ delayMs }),
      time: async (ms: number) => void (aheadMs = ms),
    }
    try {
      await expectConforms('mosip-ida', { settings: { ...ida.settings, factors: ['otp', 'pin', 'password'] }, fixtures, help }, 28)
    } finally {
      await ida.close()
    }
  })

  it('sunbird-rc conforms, with a stand-in for a registry behind it', async () => {
    const registry = await standInRegistry()
    const knows = (fullName: string, dob: string) => ({ knowledge: JSON.stringify({ dob, fullName }) })
    const fixtures = {
      valid: { id: uin('P4711'), proofs: knows('Asha Nakamura-Oyelaran', '1979-04-09'), claims: ['name', 'email', 'gender', 'birthdate'] },
      second: { id: uin('P4712'), proofs: knows('Bruno Ekström', '1990-12-30'), claims: ['name'] },
      unknown: uin('P9999'),
      wrong: knows('Asha Nakamura-Oyelaran', '1979-04-10'),
      tellsUnknown: false,
    }
    const help = {
      outage: async (on: boolean) => registry.setFaults(on ? { status: 503 } : {}),
      slow: async (delayMs: number) => registry.setFaults({ delayMs }),
    }
    try {
      await expectConforms('sunbird-rc', { settings: registry.settings, fixtures, help }, 18)
    } finally {
      await registry.close()
    }
  })
})
