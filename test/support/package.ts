import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryKeyStore } from '../../adapters/keys/memory/memory-key-store.ts'
import { auditLog } from '../../projections/audit-log.ts'
import type { Views } from '../../projections/served.ts'
import { AUDIT_ALGORITHM, auditing } from '../../src/audit/auditing.ts'
import { exportAudit, type Exporting, type ExportRequest, type Manifest } from '../../src/audit/export.ts'
import { systemFiles } from '../../src/cli/files.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { signCheckpoint } from '../../src/steps/sign-checkpoint.ts'
import { tendKeys } from '../../src/steps/tend-keys.ts'
import { textOf } from '../../src/text-of.ts'
import type { EventStore, SigningKeys } from '../../domain/ports.ts'
import { systemChance } from './chance.ts'
import { describe, finish, given, signIn, systemTimers, told, type Given } from './given.ts'

export const VERIFIER = join(import.meta.dirname, '../../src/audit/verify.mjs')
export const ISSUER = 'https://id.example'

export type Packaging = Given & {
  readonly auditKeys: SigningKeys
  /** Tells the audit log what happened since. */
  readonly tell: () => Promise<void>
  readonly checkpoint: () => Promise<string>
  readonly export: (folder: string, request?: Partial<ExportRequest>) => Promise<Manifest>
  /** The same of what is told already. */
  readonly exportTold: (folder: string) => Promise<Manifest>
  /** Complete logins, each with a refused attempt, and a checkpoint after each. */
  readonly logins: (count: number) => Promise<void>
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
let made = 0
const nextTransaction = (): string => {
  made += 1
  const number = Array.from({ length: 8 }, (_, digit) => ALPHABET[Math.floor(made / 32 ** digit) % 32]).join('')
  return `tx_${number}${'0'.repeat(16)}`
}

/** A broker's stores with what packages of the audit log need; over a store and views, or in memory. */
export const packaging = async (
  over: {
    readonly store?: EventStore
    readonly views?: Views
    readonly auditKeys?: SigningKeys
    /** Nothing is recorded at the start. */ readonly quiet?: boolean
  } = {},
): Promise<Packaging> => {
  const base = await given(over.store)
  const views = over.views ?? base.views
  const auditKeys = over.auditKeys ?? memoryKeyStore({ chance: systemChance })
  const { clock, journal, states } = base
  const view = told(auditLog({ hash: sha256, describe }), views, 500)
  const world: Exporting = {
    ...{ journal, states, clock, auditKeys, views, timers: systemTimers, settings: { issuer: ISSUER }, files: systemFiles },
    verifier: async () => readFileSync(VERIFIER, 'utf8'),
  }
  const tell = async (): Promise<void> => view.given(await base.all())
  const signing = { ...world, chance: systemChance, settings: world.settings as never }
  if (over.quiet !== true) await tendKeys(auditing(signing), [AUDIT_ALGORITHM])
  const checkpoint = async (): Promise<string> => {
    await tell()
    clock.pass(11_000)
    await signCheckpoint(signing)
    const last = await journal.last('checkpoint-audit')
    return textOf(last?.data['statement'])
  }
  return {
    ...base,
    views,
    auditKeys,
    tell,
    checkpoint,
    export: async (folder, request = {}) => {
      await tell()
      return exportAudit(world, { folder, at: clock.now(), ...request })
    },
    exportTold: (folder) => exportAudit(world, { folder, at: clock.now() }),
    logins: async (count) => {
      await base.register().catch(() => undefined)
      for (let login = 0; login < count; login += 1) {
        const transaction = nextTransaction()
        await signIn(base, transaction)
        await finish(base, transaction)
        await checkpoint()
      }
    },
  }
}

export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), 'esignet-package-'))
