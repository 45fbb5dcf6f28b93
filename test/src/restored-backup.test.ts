import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Person, PersonKeys } from '../../domain/ports.ts'
import { openDestructions, openEventStore, openPersonKeys } from '../../src/compose.ts'
import { readSettings, type Settings } from '../../src/config.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import type { Runtime } from '../../src/runtime.ts'
import { systemChance } from '../support/chance.ts'
import { keptLog, systemTimers } from '../support/given.ts'
import { noNetwork } from '../support/network.ts'

const INDEX = sha256('somebody')
const KEY = new Uint8Array(32)

describe('REG-11: a restored backup replays destructions before it serves (rule 45)', () => {
  let folder: string
  let settings: Settings
  const log = keptLog()
  const runtime: Runtime = {
    clock: { now: () => '2026-11-24T12:00:00.000Z' },
    chance: systemChance,
    timers: systemTimers,
    network: noNetwork,
    log,
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-restore-'))
    const read = readSettings({ data: join(folder, 'data'), auditFolder: join(folder, 'audit') }, {}, 'tool', folder)
    if (!read.ok) throw new Error(read.problems.join('; '))
    settings = read.settings
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const withKeys = async <T>(act: (keys: PersonKeys) => Promise<T>): Promise<T> => {
    const store = await openEventStore(settings, runtime)
    const keys = await openPersonKeys(settings, runtime, store, KEY)
    try {
      return await act(keys)
    } finally {
      await keys.close()
      await store.close()
    }
  }
  const made = async (keys: PersonKeys): Promise<Person> => {
    const person = await keys.resolve(INDEX)
    await keys.join([INDEX], person)
    return person
  }

  it('events and keys both from before the erasure: the list outside the data destroys the key again', async () => {
    const person = await withKeys(made)
    const backup = join(folder, 'backup')
    cpSync(settings.data, backup, { recursive: true })
    await withKeys(async (keys) => {
      await openDestructions(settings).add({ ref: person.ref, at: runtime.clock.now() })
      expect(await keys.erase(person.ref)).to.equal(1)
    })
    rmSync(settings.data, { recursive: true })
    cpSync(backup, settings.data, { recursive: true })
    const [found, byRef] = await withKeys(async (keys) => [await keys.find(INDEX), await keys.byRef(person.ref)])
    expect([found, byRef]).to.deep.equal([undefined, undefined])
    expect(log.lines.map(({ event }) => event)).to.include('destruction_replayed')
  })

  it('the log is looked through from where these keys were compared with it last, and anew where they are older or it is another', async () => {
    const person = await withKeys(made)
    const keyless = join(folder, 'keyless')
    cpSync(settings.data, keyless, { recursive: true })
    const store = await openEventStore(settings, runtime)
    const looked: (string | undefined)[] = []
    const watched = {
      ...store,
      readAll: async (options: Parameters<typeof store.readAll>[0]) => (looked.push(options?.after), store.readAll(options)),
    }
    const erased = { id: systemChance.uuid(), type: 'PersonErased', data: '{}', metadata: '{}' }
    const { position } = await store.append(`person-${person.ref}.erasure`, 'no_stream', [erased])
    const open = async (): Promise<PersonKeys> => openPersonKeys(settings, runtime, watched, KEY)
    const keys = await open()
    expect(await keys.find(INDEX), 'the log says so').to.equal(undefined)
    expect(await keys.checkedUntil()).to.equal(position)
    await keys.close()
    await (await open()).close()
    expect(looked.at(-1)).to.equal(position)
    for (const name of ['person-keys.db', 'person-keys.db-wal', 'person-keys.db-shm'])
      if (existsSync(join(keyless, name))) cpSync(join(keyless, name), join(settings.data, name))
      else rmSync(join(settings.data, name), { force: true })
    const older = await open()
    expect(await older.find(INDEX), 'a copy of the keys that was put back').to.equal(undefined)
    await older.checked('9'.repeat(position.length))
    await older.close()
    await (await open()).close()
    expect(looked.at(-1), 'a log that is shorter').to.equal(undefined)
    await store.close()
  })

  it('a list with a torn last line still says all that was flushed, and nothing that is no reference', async () => {
    const list = openDestructions(settings)
    expect(await list.all()).to.deep.equal([])
    mkdirSync(settings.auditFolder, { recursive: true })
    await list.add({ ref: '0123456789abcdefghjkmnpqrs', at: '2026-11-24T12:00:00.000Z' })
    appendFileSync(join(settings.auditFolder, 'destroyed.jsonl'), '{"ref":"../../etc","at":"x"}\n{"ref":"0123')
    await list.add({ ref: '1123456789abcdefghjkmnpqrs', at: '2026-11-24T12:00:01.000Z' })
    expect((await list.all()).map(({ ref }) => ref)).to.deep.equal(['0123456789abcdefghjkmnpqrs', '1123456789abcdefghjkmnpqrs'])
  })
})
