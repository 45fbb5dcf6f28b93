import { formatOf, offerOf, passwordView } from './login-views.ts'
import { field, type Request } from './reply.ts'
import type { Session } from './session.ts'
import { captureTransaction } from '../biometrics/attempt.ts'
import { readCapture, type Asked } from '../biometrics/capture.ts'
import { FAMILIES_OF_CODES, familyOf, type CaptureFamily } from '../biometrics/faults.ts'
import { portsOf, wantedOf } from '../biometrics/settings.ts'
import type { World } from '../world.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { BiometricsView, ReaderSettings } from '../ui/views.ts'

/** Of a whole form with a reader's answer. */
export const BIOMETRICS_BYTES_MAX = 2_097_152

/** Of the reader's answer alone, which the form encodes again. */
const ANSWER_BYTES_MAX = 1_900_000

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

const transactionIdOf = ({ secrets }: World, { transaction, state }: Session): string =>
  captureTransaction(secrets.digest, transaction, state)

const domainOf = ({ settings }: World): string => settings.sbi.domainUri ?? settings.issuer

const wantedHere = (world: World): Asked['wanted'] => wantedOf(world.settings.sbi, offerOf(world, 'biometrics') ?? {})

const settingsFor = (world: World, session: Session): ReaderSettings => {
  const { sbi, issuer } = world.settings
  return {
    ports: portsOf(sbi.port.range),
    discoverMs: sbi.timeout.DISC * 1000,
    infoMs: sbi.timeout.DINFO * 1000,
    captureMs: sbi.timeout.CAPTURE * 1000,
    env: sbi.env,
    domainUri: domainOf(world),
    transactionId: transactionIdOf(world, session),
    deviceSubId: sbi.capture.deviceSubId,
    wanted: Object.fromEntries(wantedHere(world)),
    codes: FAMILIES_OF_CODES,
    answerBytesMax: ANSWER_BYTES_MAX,
    asks: !LOOPBACK.has(new URL(issuer).hostname),
  }
}

export const biometricsView = (...asked: Parameters<typeof passwordView>): BiometricsView => {
  const [world, session] = asked
  return { ...passwordView(...asked), reader: settingsFor(world, session), statics: world.statics.readerPaths }
}

type ProofRead = { readonly ok: true; readonly proof: string } | { readonly ok: false; readonly problem: CaptureFamily }

/** A reader's answer as a proof for the ID system, once. Which fault it was goes to the log; the person reads what can be done. */
export const readBiometrics = async (world: World, request: Request, session: Session): Promise<ProofRead> => {
  const { settings, readers, singleUse, log } = world
  const { env, freshS, skewS } = settings.sbi
  const transactionId = transactionIdOf(world, session)
  const read = readCapture(field(request, 'biometrics') ?? '', {
    ...{ env, freshS, skewS, transactionId, domainUri: domainOf(world), wanted: wantedHere(world), at: request.at },
    proofMax: formatOf(world, 'biometrics').lengthMax,
    devices: readers.devices(),
    modules: readers.modules(),
  })
  // Longer than any answer to this attempt can be fresh.
  const until = plusSeconds(request.at, 2 * (freshS + skewS))
  const isFirst = !read.ok || (await singleUse.use('capture', `${session.transaction}.${transactionId}`, until))
  if (read.ok && isFirst) return { ok: true, proof: read.value }
  const fault = read.ok ? 'used' : read.fault
  log.warn('capture_refused', { transaction: session.transaction, fault })
  return { ok: false, problem: familyOf(fault) }
}
