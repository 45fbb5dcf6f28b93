import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuthority, stranger, type Authority, type Issuer } from '../../ops/demo/sbi-device/authority.ts'
import { capture, type CaptureRequest, type Kit } from '../../ops/demo/sbi-device/capture.ts'
import type { Fault } from '../../ops/demo/sbi-device/faults.ts'
import { READERS } from '../../ops/demo/sbi-device/service.ts'
import type { Modality } from '../../domain/ports.ts'
import type { Anchors } from '../../src/biometrics/chain.ts'
import type { Asked } from '../../src/biometrics/capture.ts'
import { certificatesIn } from '../../src/biometrics/trust.ts'
import type { Wanted } from '../../src/biometrics/settings.ts'

/** When these captures are taken. */
export const NOW = '2026-11-24T12:00:00.000Z'

export const SEED = 'e7d0f42cdb7e1fad33018f9cd0'

/** Readers of a test: their keys, made once, and what a broker knows of them. */
export type ReadersHere = {
  readonly folder: string
  readonly mockFolder: string
  readonly authority: Authority
  readonly stranger: Issuer
  readonly kit: Kit
  readonly asked: (changes?: Partial<Asked>) => Asked
  readonly answer: (type: Modality, fault?: Fault, changes?: Partial<CaptureRequest>) => readonly unknown[]
  /** What a face of this person is to the ID system. */
  readonly proof: (seed: string) => string
  readonly end: () => void
}

export const WANTED: ReadonlyMap<Modality, Wanted> = new Map([
  ['Face', { count: 1, scoreMin: 70, subtypes: [] }],
  ['Finger', { count: 2, scoreMin: 70, subtypes: ['UNKNOWN'] }],
  ['Iris', { count: 1, scoreMin: 70, subtypes: ['Left', 'Right'] }],
])

export const readersHere = async (): Promise<ReadersHere> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-readers-'))
  const mockFolder = join(folder, 'plugin')
  const authority = await openAuthority(folder, mockFolder, Date.parse(NOW))
  const unknown = await stranger('Nowhere')
  const kit: Kit = { authority, stranger: unknown, seed: SEED, otherSeed: 'somebody-else', now: () => Date.parse(NOW) }
  const anchors = (name: string): Anchors => ({
    certificates: certificatesIn(readFileSync(join(folder, name), 'utf8'), name),
    refused: new Set(),
  })
  const asked: Asked = {
    ...{ env: 'Developer', freshS: 120, skewS: 10, transactionId: 'Zx81Qm42Ta', domainUri: 'https://id.example', wanted: WANTED },
    ...{ proofMax: 500_000, at: NOW, devices: anchors('provider.pem'), modules: anchors('modules.pem') },
  }
  const answerOf = (by: Kit, type: Modality, fault?: Fault, changes: Partial<CaptureRequest> = {}): readonly unknown[] => {
    const reader = READERS.find((known) => known.type === type)
    if (reader === undefined) throw new Error(`no reader of ${type}`)
    const wanted = WANTED.get(type)
    const bio = { type, count: wanted?.count ?? 1, bioSubType: wanted?.subtypes ?? [], requestedScore: 70, previousHash: '' }
    const request = {
      env: 'Developer',
      purpose: 'Auth',
      specVersion: '0.9.5',
      domainUri: asked.domainUri,
      transactionId: asked.transactionId,
    }
    return capture(by, reader, { ...request, bio: [bio], ...changes }, fault).biometrics
  }
  return {
    ...{ folder, mockFolder, authority, stranger: unknown, kit },
    asked: (changes = {}) => ({ ...asked, ...changes }),
    answer: (...given) => answerOf(kit, ...given),
    proof: (seed) => JSON.stringify(answerOf({ ...kit, seed }, 'Face')),
    end: () => rmSync(folder, { recursive: true, force: true }),
  }
}
