import { expect } from 'chai'
import { describe, it } from 'mocha'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mockPlugin } from '../../adapters/id-system/mock/plugin.ts'
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
