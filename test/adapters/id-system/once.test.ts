import { describe, it, beforeEach, afterEach } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onceOf, type Once } from '../../../adapters/id-system/once.ts'
import type { PluginAnswer } from '../../../adapters/id-system/plugin.ts'
import { systemChance } from '../../support/chance.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'

describe('acts that happen once (rule 36)', () => {
  let dataDirectory: string
  let clock: HandClock
  let once: Once
  let acts: number
  const key = Buffer.alloc(32, 7)
  const open = (): Once => onceOf(key, { clock, chance: systemChance, dataDirectory })

  beforeEach(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'once-'))
    clock = handClock()
    once = open()
    acts = 0
  })
  afterEach(() => {
    once.close()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const yes = (): Promise<PluginAnswer<string>> => {
    acts += 1
    return Promise.resolve({ ok: true, value: `canary-${acts}` })
  }
  const answering = (answer: PluginAnswer<string>) => (): Promise<PluginAnswer<string>> => {
    acts += 1
    return Promise.resolve(answer)
  }
  const reopen = (): void => {
    once.close()
    once = open()
  }

  it('answers all who ask at once, and after a restart, as the first', async () => {
    for (const keeping of ['disk', 'begun'] as const) {
      acts = 0
      const asked = [once.act('q', keeping, keeping, yes), once.act('q', keeping, keeping, yes)]
      const answers = await Promise.all(asked)
      reopen()
      answers.push(await once.act('q', keeping, keeping, yes))
      for (const answer of answers) expect(answer).to.deep.equal({ ok: true, value: 'canary-1' })
      expect(acts).to.equal(1)
    }
  })

  it('keeps questions and keys apart', async () => {
    await once.act('q', 'a', 'disk', yes)
    await once.act('q', 'b', 'disk', yes)
    await once.act('r', 'a', 'disk', yes)
    expect(acts).to.equal(3)
  })

  it('an answer by which nothing happened is no act: it is done again', async () => {
    await once.act('q', 'k', 'begun', answering({ ok: false, error: 'unavailable' }))
    expect((await once.act('q', 'k', 'begun', yes)).ok).to.equal(true)
    await once.act('q', 'l', 'disk', answering({ ok: false, error: 'misconfigured' }))
    expect((await once.act('q', 'l', 'disk', yes)).ok).to.equal(true)
  })

  it('remembers a no as it does a yes', async () => {
    await once.act('q', 'k', 'disk', answering({ ok: false, error: 'challenge_failed' }))
    expect(await once.act('q', 'k', 'disk', yes)).to.deep.equal({ ok: false, error: 'challenge_failed' })
  })

  it('never begins again what may have happened: an unknown outcome, a throw, a process that went away', async () => {
    const unknown = { ok: false, error: 'unavailable', code: 'outcome_unknown' } as const
    await once.act('q', 'k', 'begun', answering(unknown))
    await once.act('q', 'l', 'begun', () => Promise.reject(new Error('gone'))).catch(() => undefined)
    void once.act('q', 'm', 'begun', () => new Promise(() => undefined))
    reopen()
    acts = 0
    for (const name of ['k', 'l', 'm']) expect(await once.act('q', name, 'begun', yes)).to.deep.equal(unknown)
    expect(acts).to.equal(0)
  })

  it('forgets after a quarter of an hour, and facts after a minute', async () => {
    await once.act('q', 'k', 'disk', yes)
    await once.act('q', 'm', 'memory', yes)
    expect(await once.act('q', 'm', 'memory', yes)).to.deep.equal({ ok: true, value: 'canary-2' })
    clock.pass(60_001)
    expect(await once.act('q', 'm', 'memory', yes)).to.deep.equal({ ok: true, value: 'canary-3' })
    clock.pass(900_000)
    expect(await once.act('q', 'k', 'disk', yes)).to.deep.equal({ ok: true, value: 'canary-4' })
  })

  it('holds a bounded number of facts', async () => {
    for (let number = 0; number < 400; number += 1) await once.act('q', String(number), 'memory', yes)
    const before = acts
    for (let number = 0; number < 400; number += 1) await once.act('q', `${number}`, 'memory', yes)
    expect(acts - before).to.be.at.least(400 - 256)
  })

  it('no answer stands readable on the disk (rule 1), and facts do not stand there at all', async () => {
    await once.act('q', 'k', 'disk', yes)
    await once.act('q', 'm', 'memory', yes)
    const files = readdirSync(dataDirectory).map((name) => readFileSync(join(dataDirectory, name)).toString('latin1'))
    for (const file of files) expect(file).not.to.include('canary')
    expect(files.some((file) => file.includes('q:k'))).to.equal(true)
    for (const file of files) expect(file).not.to.include('q:m')
  })
})
