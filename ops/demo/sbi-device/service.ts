import { setTimeout as sleep } from 'node:timers/promises'
import { capture, identityOf, signed, type CaptureRequest, type Kit, type Reader } from './capture.ts'
import type { Fault } from './faults.ts'
import { listen, type Answer, type Asked, type Listening } from './wire.ts'

const SLOW_MS = 1500
const CAPTURE_MS = 400
const HUGE_BYTES = 2_200_000

export const READERS: readonly Reader[] = [
  { type: 'Face', serialNo: 'KF-220916', make: 'Kestrel', model: 'K2 face camera', deviceId: 'kestrel-16' },
  { type: 'Finger', serialNo: 'TS-310417', make: 'Tern', model: 'S2 finger reader', deviceId: 'tern-17' },
  { type: 'Iris', serialNo: 'LI-118809', make: 'Lumen', model: 'I9 iris reader', deviceId: 'lumen-09' },
]

/** What is so now: read again for every request, so that it can be changed while the service runs. */
export type Mood = { readonly kit: Kit; readonly fault: Fault | undefined }

type Service = { readonly reader: Reader; readonly port: number; readonly mood: () => Mood }

const json = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value) })
const unsigned = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const STATUSES: Readonly<Partial<Record<Fault, string>>> = { busy: 'Busy', 'not-ready': 'Not Ready', 'not-registered': 'Not Registered' }

const describe = ({ reader, port }: Service, fault: Fault | undefined) => ({
  deviceId: reader.deviceId,
  deviceCode: reader.deviceId,
  deviceStatus: (fault && STATUSES[fault]) ?? 'Ready',
  certification: fault === 'level-0' ? 'L0' : 'L1',
  serviceVersion: '1.0.0',
  deviceSubId: ['1'],
  callbackId: `http://127.0.0.1:${String(port)}`,
  purpose: fault === 'for-registration' ? 'Registration' : 'Auth',
  specVersion: ['0.9.5', '1.0'],
})

const discover = (service: Service, { fault, kit }: Mood, body: string): Answer => {
  const { type } = JSON.parse(body === '' ? '{}' : body) as { readonly type?: string }
  if (type !== undefined && !['Biometric Device', service.reader.type].includes(type)) return json([])
  const { deviceId: _, ...named } = service.reader
  const provider = { deviceProvider: 'Tern Readers of Almaria', deviceProviderId: 'ALM-TERN', dateTime: new Date(kit.now()).toISOString() }
  return json([
    { ...describe(service, fault), digitalId: unsigned({ ...named, ...provider }), error: { errorCode: '0', errorInfo: 'Success' } },
  ])
}

const inform = (service: Service, { kit, fault }: Mood): Answer => {
  const info = { ...describe(service, fault), firmware: '4.2', env: 'Developer', digitalId: identityOf(kit, service.reader) }
  return json([{ deviceInfo: signed(kit.authority.reader, info), error: { errorCode: '0', errorInfo: 'Success' } }])
}

const ERROR = /^error-(\d{3})$/

const take = async (service: Service, { kit, fault }: Mood, body: string): Promise<Answer | undefined> => {
  if (fault === 'hung') return undefined
  const code = ERROR.exec(fault ?? '')?.[1]
  if (code !== undefined)
    return json({ biometrics: [{ specVersion: '0.9.5', data: '', hash: '', error: { errorCode: code, errorInfo: 'Simulated' } }] })
  if (fault === 'no-json') return { status: 200, body: '<p>Reader</p>' }
  // The person has to put the finger on it.
  await sleep(CAPTURE_MS)
  const made = capture(kit, service.reader, JSON.parse(body) as CaptureRequest, fault)
  if (fault === 'huge') return json({ ...made, padding: 'x'.repeat(HUGE_BYTES) })
  return { ...json(made), cut: fault === 'cut' }
}

const act = (service: Service, mood: Mood, { verb, path, body }: Asked): Promise<Answer | undefined> | Answer => {
  switch (`${verb} ${path}`) {
    case 'MOSIPDISC /device':
      return discover(service, mood, body)
    case 'MOSIPDINFO /info':
      return inform(service, mood)
    case 'CAPTURE /capture':
      return take(service, mood, body)
    default:
      return { status: 404, body: '{}' }
  }
}

/** A web page of any origin may ask; what it may do with a capture is for the signature and the encryption to say. */
const shared = (origin: string): Readonly<Record<string, string>> => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': 'MOSIPDISC, MOSIPDINFO, CAPTURE, OPTIONS',
  'access-control-allow-headers': 'content-type',
  // As Chromium asked for it before it asked the person.
  'access-control-allow-private-network': 'true',
  'access-control-max-age': '60',
  vary: 'origin',
})

const answer = async (service: Service, asked: Asked): Promise<Answer | undefined> => {
  const mood = service.mood()
  const { fault } = mood
  if (fault === 'silent') return undefined
  // To a browser that is as if nobody listened.
  if (fault === 'absent') throw new Error('nobody is here')
  if (fault === 'slow') await sleep(SLOW_MS)
  const headers = fault === 'no-cors' ? {} : shared(asked.headers['origin'] ?? '*')
  if (asked.verb === 'OPTIONS') return { status: 204, headers, body: '' }
  const made = await act(service, mood, asked)
  return made && { ...made, headers }
}

export type Running = { readonly ports: readonly number[]; readonly close: () => Promise<void> }

/** Each reader on the first port of the range that is free. */
export const serveReaders = async (readers: readonly Reader[], ports: readonly number[], mood: () => Mood): Promise<Running> => {
  const servers: Listening[] = []
  const taken: number[] = []
  const left = [...ports]
  for (const reader of readers) {
    for (let port = left.shift(); port !== undefined; port = left.shift()) {
      const service = { reader, port, mood }
      const server = await listen(port, (asked) => answer(service, asked)).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined
        throw error
      })
      if (server === undefined) continue
      servers.push(server)
      taken.push(port)
      break
    }
  }
  if (taken.length < readers.length) {
    await Promise.all(servers.map((server) => server.close()))
    throw new Error('no free port for a reader')
  }
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()))
  }
  return { ports: taken, close }
}
