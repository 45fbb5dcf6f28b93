import { expect } from 'chai'
import { describe, it } from 'mocha'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mockPlugin } from '../../adapters/id-system/mock/plugin.ts'
import { openKeys } from '../../src/compose-keys.ts'
import { openPlugin } from '../../src/compose-id-systems.ts'
import { readSettings, type Settings } from '../../src/config.ts'
import { Fault } from '../../domain/ports.ts'
import { systemChance } from '../support/chance.ts'
import { keptLog, systemTimers } from '../support/given.ts'
import { handClock } from '../support/hand-clock.ts'
import { noNetwork } from '../support/network.ts'

const production = (module: string) => readSettings({ issuer: 'https://id.example', plugin: { module } }, {}, 'production', tmpdir())

describe('rule 44: production has no place for the mock ID system', () => {
  for (const module of ['mock', './adapters/id-system/mock/plugin.ts', '/srv/esignet/adapters/id-system/mock/plugin.ts'])
    it(`is refused as ${module}`, () => {
      const read = production(module)
      expect(read.ok ? [] : read.problems).to.deep.equal(['plugin.module: the mock ID system is for the demo only'])
    })

  it('is refused under another name or behind a link when it is loaded, before it opens', async () => {
    const read = production('our-own-plugin')
    if (!read.ok) throw new Error(read.problems.join('; '))
    const folder = mkdtempSync(join(tmpdir(), 'esignet-production-'))
    const settings: Settings = { ...read.settings, data: folder }
    const runtime = { clock: handClock(), chance: systemChance, timers: systemTimers, network: noNetwork, log: keptLog() }
    try {
      const opened = await openPlugin(settings, runtime, { module: 'our-own-plugin', settings: {}, plugin: mockPlugin() }).catch(
        (error: unknown) => error,
      )
      expect(opened).to.be.instanceOf(Fault).and.include({ code: 'invalid' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('rule 45: a master key from a file', () => {
  it('is refused where others may read the file, and said with what to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'esignet-master-'))
    const masterKeyFile = join(folder, 'master.key')
    const read = production('our-own-plugin')
    if (!read.ok) throw new Error(read.problems.join('; '))
    const settings: Settings = { ...read.settings, data: join(folder, 'data'), masterKeyFile }
    const runtime = { clock: handClock(), chance: systemChance, timers: systemTimers, network: noNetwork, log: keptLog() }
    const opened = (mode: number): Promise<string> => {
      chmodSync(masterKeyFile, mode)
      return openKeys(settings, runtime).then(
        () => 'opened',
        (error: unknown) => (error instanceof Fault ? error.message : 'no fault'),
      )
    }
    try {
      writeFileSync(masterKeyFile, Buffer.from(systemChance.bytes(32)).toString('base64url'))
      if (process.platform === 'win32') return
      for (const mode of [0o644, 0o604, 0o620, 0o666])
        expect(await opened(mode)).to.match(/^masterKeyFile is open to other users .*chmod 600$/)
      for (const mode of [0o600, 0o400, 0o440]) expect(await opened(mode)).to.equal('opened')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
