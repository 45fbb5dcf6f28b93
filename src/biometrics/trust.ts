import { X509Certificate } from 'node:crypto'
import type { Anchors } from './chain.ts'
import type { SbiSettings } from './settings.ts'
import { Fault } from '../../domain/ports.ts'

/** Of one file. */
const CERTIFICATES_MAX = 100

/** The anchors now in force. */
export type DeviceTrust = { readonly devices: () => Anchors; readonly modules: () => Anchors }

/** The text of a file, and something that changes when the file does; undefined where there is none. */
export type AnchorFile = { readonly mark: string; readonly text: () => string }
export type ReadAnchorFile = (path: string) => AnchorFile | undefined

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** Throws Fault `invalid` where the text holds no certificate, too many, or one that is none. */
export const certificatesIn = (text: string, name: string): readonly X509Certificate[] => {
  const blocks = text.match(PEM) ?? []
  if (blocks.length === 0 || blocks.length > CERTIFICATES_MAX)
    throw new Fault('invalid', `${name}: must hold 1 to ${CERTIFICATES_MAX} certificates (PEM)`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    throw new Fault('invalid', `${name}: holds a certificate that cannot be read`)
  }
}

const NOBODY: readonly X509Certificate[] = []

/** One file's anchors, read again when it changes; what cannot be read is believed by nobody, and said. */
const watched = (name: string, path: string | undefined, read: ReadAnchorFile, onTrouble: (name: string) => void) => {
  let seen: string | undefined
  let certificates = NOBODY
  return (): readonly X509Certificate[] => {
    const file = path === undefined ? undefined : read(path)
    if (file?.mark === seen) return certificates
    seen = file?.mark
    try {
      certificates = file === undefined ? NOBODY : certificatesIn(file.text(), name)
    } catch {
      certificates = NOBODY
    }
    if (certificates.length === 0) onTrouble(name)
    return certificates
  }
}

/** By whose word readers are believed, from the files that the settings name. */
export const deviceTrust = (
  { trust }: Pick<SbiSettings, 'trust'>,
  read: ReadAnchorFile,
  onTrouble: (name: string) => void,
): DeviceTrust => {
  const refused = new Set(trust.refused)
  const devices = watched('sbi.trust.devices', trust.devices, read, onTrouble)
  const modules = trust.modules === undefined ? devices : watched('sbi.trust.modules', trust.modules, read, onTrouble)
  return { devices: () => ({ certificates: devices(), refused }), modules: () => ({ certificates: modules(), refused }) }
}
