import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteEventStore } from '../../adapters/event-store/sqlite/sqlite-event-store.ts'
import { Fault, type StoredEvent } from '../../domain/ports.ts'
import { verifyPackage, type PackageVerdict } from '../../src/audit/verify.mjs'
import { handClock } from '../support/hand-clock.ts'
import { keptLog, systemTimers } from '../support/given.ts'
import { packaging, type Packaging } from '../support/package.ts'
import { copyOf, dice, mutateEvents, mutatePackage, PACKAGE_KINDS, STORE_KINDS, type Dice, type Made } from './mutations.ts'

const LOGINS = 5

export type Tampering = {
  readonly made: Made
  readonly detected: boolean
  /** Named to the very record where it can be, against a checkpoint as well as against an older package. */
  readonly named: boolean
  readonly said: string
}

const openStore = (file: string) => sqliteEventStore({ file, clock: handClock(), timers: systemTimers, log: keptLog() })

/** Writes a history over that of the file, as somebody would who has the file: the store's own bookkeeping is made to fit too. */
const overwrite = (file: string, events: readonly StoredEvent[]): void => {
  const db = new DatabaseSync(file)
  try {
    db.exec('PRAGMA foreign_keys = OFF; DELETE FROM events; DELETE FROM streams')
    const addStream = db.prepare(
      'INSERT INTO streams (name, revision) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET revision = excluded.revision',
    )
    const streamId = db.prepare('SELECT id FROM streams WHERE name = ?')
    const add = db.prepare('INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)')
    for (const { position, stream, revision, id, type, data, metadata } of events) {
      addStream.run(stream, revision)
      add.run(
        Number(position),
        streamId.get(stream)?.['id'] as number,
        revision,
        Buffer.from(id.replaceAll('-', ''), 'hex'),
        type,
        data,
        metadata,
      )
    }
  } finally {
    db.close()
  }
}

const verdictOn = async (made: Made, folder: string, checkpoint: string, older: string): Promise<Tampering> => {
  const look = async (since: string): Promise<PackageVerdict | string> =>
    verifyPackage(folder, { since: [since] }).catch((error: unknown) => String(error))
  const [againstCheckpoint, againstPackage] = [await look(checkpoint), await look(older)]
  const found = (verdict: PackageVerdict | string): boolean => typeof verdict === 'string' || verdict.wrong > 0
  const first = (verdict: PackageVerdict | string): number | undefined => (typeof verdict === 'string' ? undefined : verdict.first?.n)
  const exactly = made.n === undefined || first(againstPackage) === made.n
  const bracketed = made.n === undefined || (made.exact ? first(againstCheckpoint) === made.n : (first(againstCheckpoint) ?? 0) >= made.n)
  const said = typeof againstCheckpoint === 'string' ? againstCheckpoint : JSON.stringify(againstCheckpoint.first)
  return { made, detected: found(againstCheckpoint) && found(againstPackage), named: exactly && bracketed, said }
}

type Scene = {
  readonly folder: string
  readonly world: Packaging
  readonly file: string
  readonly checkpoint: string
  readonly held: number
}

const scene = async (): Promise<Scene> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-mutations-'))
  const file = join(folder, 'events.db')
  const world = await packaging({ store: await openStore(file) })
  await world.logins(LOGINS)
  const checkpoint = join(folder, 'checkpoint.jws')
  writeFileSync(checkpoint, await world.checkpoint())
  const older = await world.export(join(folder, 'older'))
  await world.logins(1)
  await world.export(join(folder, 'package'))
  await world.store.close()
  return { folder, world, file, checkpoint, held: older.head.n }
}

const tamperPackage = async ({ folder, checkpoint, held }: Scene, kind: (typeof PACKAGE_KINDS)[number], roll: Dice): Promise<Tampering> => {
  const copy = mkdtempSync(join(folder, 'copy-'))
  copyOf(join(folder, 'package'), copy)
  const made = await mutatePackage(copy, kind, roll, held)
  const tampering = await verdictOn(made, copy, checkpoint, join(folder, 'older'))
  rmSync(copy, { recursive: true })
  return tampering
}

const tamperEvents = async (at: Scene, kind: (typeof STORE_KINDS)[number], roll: Dice): Promise<Tampering> => {
  const copy = mkdtempSync(join(at.folder, 'copy-'))
  const file = join(copy, 'events.db')
  copyOf(at.file, file)
  const whole = await openStore(file)
  const { events } = await whole.readAll({ max: 4096 })
  await whole.close()
  const tampered = mutateEvents(events, kind, roll, at.held)
  overwrite(file, tampered.events)
  // The broker starts over it, with its own key, and tells its audit log again.
  const store = await openStore(file)
  try {
    const broker = await packaging({ store, auditKeys: at.world.auditKeys, quiet: true })
    await broker.export(join(copy, 'package'))
  } catch (error) {
    // It may be an event that the broker itself needs: then it says so, and signs nothing.
    if (!(error instanceof Fault)) throw error
    return { made: tampered.made, detected: true, named: true, said: error.message }
  } finally {
    await store.close()
  }
  const tampering = await verdictOn(tampered.made, join(copy, 'package'), at.checkpoint, join(at.folder, 'older'))
  rmSync(copy, { recursive: true })
  return tampering
}

/** Tampers `count` times, each kind in turn, and says what the verifier found. */
export const runMutations = async (count: number, seed: number): Promise<readonly Tampering[]> => {
  const at = await scene()
  const done: Tampering[] = []
  try {
    const kinds = [...PACKAGE_KINDS, ...STORE_KINDS]
    for (let number = 0; number < count; number += 1) {
      const kind = number % kinds.length
      const roll = dice(seed + number)
      const ofPackage = PACKAGE_KINDS[kind]
      const ofStore = STORE_KINDS[kind - PACKAGE_KINDS.length]
      if (ofPackage !== undefined) done.push(await tamperPackage(at, ofPackage, roll))
      else if (ofStore !== undefined) done.push(await tamperEvents(at, ofStore, roll))
    }
  } finally {
    await at.world.views.close()
    rmSync(at.folder, { recursive: true, force: true })
  }
  return done
}
