import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileKeyStore, fileSigningKeys } from '../adapters/keys/file/file-key-store.ts'
import type { Settings } from './config.ts'
import type { Runtime } from './runtime.ts'
import type { Secrets } from './world.ts'
import { Fault, type EventStore, type KeyStore, type SigningKeys } from '../domain/ports.ts'

// The keys of a broker, opened as its settings say.

/** Who only looks may not even be allowed to make one. */
export const ensureFolder = ({ data }: Pick<Settings, 'data'>): void => {
  if (!existsSync(data)) mkdirSync(data, { recursive: true, mode: 0o700 })
}

const masterKeyOf = ({ masterKeyFile }: Settings): Uint8Array | undefined => {
  if (masterKeyFile === undefined) return undefined
  // Windows tells no modes; a group may read it, since secrets of a cluster are handed in so.
  const mode = process.platform === 'win32' ? 0 : statSync(masterKeyFile).mode
  if ((mode & 0o027) !== 0)
    throw new Fault('invalid', `masterKeyFile is open to other users (mode ${(mode & 0o777).toString(8)}): chmod 600`)
  const key = Buffer.from(readFileSync(masterKeyFile, 'utf8').trim(), 'base64url')
  if (key.length !== 32) throw new Fault('invalid', 'masterKeyFile: must hold 32 bytes in base64url')
  return key
}

export const openKeys = async (settings: Settings, { clock, chance }: Runtime): Promise<KeyStore> => {
  ensureFolder(settings)
  const masterKey = masterKeyOf(settings)
  return fileKeyStore({ directory: join(settings.data, 'keys'), clock, chance, ...(masterKey && { masterKey }) })
}

/** The keys of the audit log: whoever can change the data should not have them (rule 49). */
export const openAuditKeys = (settings: Settings, { clock, chance }: Runtime): SigningKeys => {
  const masterKey = masterKeyOf(settings)
  return fileSigningKeys({ directory: join(settings.auditFolder, 'keys'), clock, chance, ...(masterKey && { masterKey }) })
}

/** New keys beside old logins would give every person a new `sub` at every relying party, and nobody would notice (rule 19). */
export const refuseLostKeys = async ({ data }: Settings, store: EventStore): Promise<void> => {
  if (existsSync(join(data, 'keys', 'subject.key'))) return
  const { events } = await store.readAll({ filter: { types: ['Authenticated'] }, max: 1 })
  if (events.length > 0)
    throw new Fault('invalid', `there are sign-ins in ${data}, but no keys: put the folder \`keys\` back from its backup (ops/runbooks)`)
}

export const secretsOf = async (keys: KeyStore): Promise<Secrets> => ({
  index: await keys.secret('index'),
  subject: await keys.secret('subject'),
  code: await keys.secret('code'),
  csrf: await keys.secret('csrf'),
  digest: await keys.secret('digest'),
  dpopNonce: await keys.secret('dpop-nonce'),
})
