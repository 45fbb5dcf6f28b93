/**
 * A stand-in for MOSIP's ID Authentication: it checks who asks and with what signature, opens what was sealed for it, sends codes that
 * run out, counts, freezes, and answers in IDA's own envelopes and codes.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { biometricsAreRight, readerKeyOf } from '../../../adapters/id-system/mock/biometrics.ts'
import { isObject, parseObject, type JsonObject } from '../../../domain/json.ts'
import type { Json } from '../../../domain/ports.ts'
import { keysOf } from '../../../ops/demo/mock-identity-system/keys.ts'
import { standIn, type Asked, type Said, type StandIn } from '../stand-in.ts'
import { codesOf, type SentCode } from './codes.ts'
import { factsOf } from './facts.ts'
import { holder, openRequest, signatureProblem, type Holder } from './keys.ts'
import { MESSAGES, partnerToken, PEOPLE, type IdaPerson } from './people.ts'

const LICENCE = 'misp-licence-key-of-the-broker'
const SECRET = 'secret-of-the-token-client'
const BASE = '/idauthentication/v1'
const CLOCK_MS_MAX = 180_000
const TOKEN_MS = 300_000
const DOMAIN = 'https://id.example'

export type Ida = Pick<StandIn, 'url' | 'setFaults' | 'calls' | 'close'> & {
  /** What a plugin needs to be set to, with its files. */
  readonly settings: { readonly [key: string]: Json }
  readonly folder: string
  /** Newest first. */
  readonly sent: () => readonly SentCode[]
  /** Another key for what people hand in. */
  readonly changeEncryptionKey: () => Promise<void>
  readonly changeSigningKey: () => Promise<void>
  /** Tokens of authmanager are refused from now on. */
  readonly endTokens: () => void
  /** The transaction of somebody else from now on. */
  readonly mistakeTransactions: (on: boolean) => void
}

export type IdaOptions = {
  readonly now?: () => string
  /** Codes a minute for one number. */
  readonly floodMax?: number
  readonly partners?: readonly string[]
  /** OIDC clients that the partners have; absent: all. */
  readonly clients?: readonly string[]
  /** Factors that these clients may use. */
  readonly factors?: readonly string[]
  /** The folder of the key that readers encrypt for. */
  readonly readers?: string
  readonly people?: readonly IdaPerson[]
}

type Refused = { readonly code: string; readonly parameter?: string }
type Done = { readonly response: JsonObject } | Refused

type Question = { readonly given: JsonObject; readonly partner: string; readonly client: string }

type Proven = {
  readonly person: IdaPerson
  readonly transaction: string
  readonly client: string
  readonly id: string
  readonly until: number
  readonly spent: boolean
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const words = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : [])
const refused = (code: string): Refused => ({ code })

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

const base58 = (bytes: Buffer): string => {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let encoded = ''
  for (; rest > 0n; rest /= 58n) encoded = `${ALPHABET[Number(rest % 58n)]!}${encoded}`
  return encoded
}

/** Files as an operator lays them down. */
const filesFor = (partner: Holder, folder: string): Readonly<Record<string, string>> => {
  const texts = {
    licenceKeyFile: LICENCE,
    tokenSecretFile: SECRET,
    partnerKeyFile: partner.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    partnerCertificateFile: partner.pem,
  }
  return Object.fromEntries(
    Object.entries(texts).map(([name, content]) => {
      writeFileSync(join(folder, name), content, { mode: 0o600 })
      return [name, join(folder, name)]
    }),
  )
}

/** The members of what was handed in that IDA looks at, each as the factor that it is. */
const FACTORS: Readonly<Record<string, string>> = { otp: 'otp', staticPin: 'pin', password: 'password', biometrics: 'biometrics' }

export const standInIda = async (options: IdaOptions = {}): Promise<Ida> => {
  const { now = () => new Date().toISOString(), floodMax = 100, partners = ['esignet'], people = PEOPLE } = options
  const at = (): number => Date.parse(now())
  const folder = mkdtempSync(join(tmpdir(), 'stand-in-ida-'))
  const [partner, first, signing] = await Promise.all([holder('Broker', now()), holder('IDA', now()), keysOf(now)])
  let encryption = first
  let isMistaken = false
  const tokens = new Set<string>()
  const proven = new Map<string, Proven>()
  const codes = codesOf(at, floodMax)

  const personOf = (id: string): IdaPerson | Refused => {
    if (!/^(\d{10}|\d{16})$/.test(id)) return { code: 'IDA-MLC-009', parameter: 'individualId' }
    const person = people.find(({ uin, vid }) => uin === id || vid === id)
    if (person === undefined) return refused('IDA-MLC-018')
    return person.refusedWith === undefined ? person : refused(person.refusedWith)
  }

  const readingProblem = (person: IdaPerson, biometrics: unknown, { transactionID, domainUri, env }: JsonObject): string | undefined => {
    for (const segment of Array.isArray(biometrics) ? (biometrics as readonly unknown[]) : []) {
      const payload = isObject(segment) ? text(segment['data']).split('.')[1] : undefined
      const claims = parseObject(Buffer.from(payload ?? '', 'base64url').toString()) ?? {}
      if (claims['transactionId'] !== transactionID) return 'IDA-MLC-016'
      if (claims['domainUri'] !== domainUri || claims['env'] !== env) return 'IDA-MLC-024'
    }
    return biometricsAreRight(readerKeyOf(options.readers ?? ''), JSON.stringify(biometrics), person.seed) ? undefined : 'IDA-BIA-001'
  }

  const proofProblem = (person: IdaPerson, handedIn: JsonObject, given: JsonObject): string | undefined => {
    const { otp, staticPin, password, biometrics } = handedIn
    if (otp !== undefined) return codes.problem(person, text(given['transactionID']), text(otp))
    if (staticPin !== undefined) return staticPin === person.pin ? undefined : 'IDA-SPA-001'
    if (password !== undefined) return password === person.password ? undefined : 'IDA-PSD-001'
    return biometrics === undefined ? 'IDA-MLC-008' : readingProblem(person, biometrics, given)
  }

  const authenticate = ({ given, partner: asking, client }: Question): Done => {
    if (given['consentObtained'] !== true) return refused('IDA-MLC-012')
    const handedIn = openRequest(given, encryption)
    if (typeof handedIn === 'string') return refused(handedIn)
    const used = Object.keys(FACTORS).filter((member) => handedIn[member] !== undefined)
    const allowed = options.factors
    if (allowed !== undefined && !used.every((member) => allowed.includes(FACTORS[member]!))) return refused('IDA-MPA-029')
    const id = text(given['individualId'])
    const person = personOf(id)
    if ('code' in person) return person
    const problem = proofProblem(person, handedIn, given)
    if (problem !== undefined) return refused(problem)
    const token = base58(createHash('sha256').update(`${randomUUID()}${person.uin}secret`).digest())
    proven.set(token, { person, transaction: text(given['transactionID']), client, id, until: at() + TOKEN_MS, spent: false })
    return { response: { kycStatus: true, kycToken: token, authToken: partnerToken(person.uin, asking) } }
  }

  const sendCode = ({ given }: Question): Done => {
    const person = personOf(text(given['individualId']))
    if ('code' in person) return person
    const channels = words(given['otpChannel'])
    if (channels.length === 0 || !channels.every((channel) => ['email', 'phone'].includes(channel))) return refused('IDA-OTA-008')
    const reached = codes.send(person, text(given['transactionID']), channels)
    if (typeof reached === 'string') return refused(reached)
    return {
      response: {
        maskedEmail: reached.includes('email') ? 'XXyXX@mail.almaria.example' : null,
        maskedMobile: reached.includes('phone') ? 'XXXXXXX0171' : null,
      },
    }
  }

  const tokenProblem = (found: Proven | undefined, { given, client }: Question): string | undefined => {
    if (found === undefined) return 'IDA-KYE-001'
    if (found.until <= at()) return 'IDA-KYE-002'
    if (found.spent) return 'IDA-KYE-003'
    if (found.client !== client) return 'IDA-KYE-004'
    if (found.transaction !== given['transactionID']) return 'IDA-KYE-005'
    return found.id === given['individualId'] ? undefined : 'IDA-KYE-007'
  }

  const exchange = async (question: Question): Promise<Done> => {
    const { given, partner: asking } = question
    const token = text(given['kycToken'])
    const found = proven.get(token)
    const problem = tokenProblem(found, question)
    if (problem !== undefined || found === undefined) return refused(problem ?? 'IDA-KYE-001')
    if (words(given['consentObtained']).length === 0) return refused('IDA-MLC-012')
    proven.set(token, { ...found, spent: true })
    const facts = factsOf(found.person, words(given['consentObtained']), words(given['locales']))
    return { response: { encryptedKyc: await signing.sign({ sub: partnerToken(found.person.uin, asking), ...facts }) } }
  }

  const callerProblem = ({ headers, body }: Asked, licence: string, { partner: asking, client }: Question): string | undefined => {
    if (licence !== LICENCE) return 'IDA-MPA-007'
    if (!partners.includes(asking)) return 'IDA-MPA-009'
    if (options.clients !== undefined && !options.clients.includes(client)) return 'IDA-MPA-028'
    if (headers.authorization !== 'Authorization') return 'IDA-MPA-001'
    return signatureProblem(headers['signature'], body, partner.certificate)
  }

  const KINDS: Readonly<Record<string, readonly [id: string, act: (question: Question) => Promise<Done> | Done]>> = {
    'kyc-auth/delegated': ['mosip.identity.kycauth', authenticate],
    'kyc-exchange/delegated': ['mosip.identity.kycexchange', exchange],
    otp: ['mosip.identity.otp', sendCode],
  }

  const formProblem = (id: string, { given }: Question): Refused | undefined => {
    if (given['id'] !== id || given['version'] !== '1.0') return { code: 'IDA-MLC-009', parameter: 'id' }
    if (!/^[A-Za-z0-9]{10}$/.test(text(given['transactionID']))) return { code: 'IDA-MLC-009', parameter: 'transactionID' }
    const apart = Math.abs(Date.parse(text(given['requestTime'])) - at())
    return apart <= CLOCK_MS_MAX ? undefined : refused('IDA-MLC-001')
  }

  const envelope = (done: Done, given: JsonObject): JsonObject => {
    const isAuthentication = given['id'] === 'mosip.identity.kycauth'
    const errors =
      'code' in done
        ? [
            {
              errorCode: done.code,
              errorMessage: MESSAGES[done.code] ?? `Invalid Input Parameter - ${done.parameter ?? ''}`,
              actionMessage: null,
            },
          ]
        : null
    return {
      id: given['id'] ?? null,
      version: '1.0',
      transactionID: isMistaken ? 'AnotherOne' : (given['transactionID'] ?? null),
      responseTime: now(),
      response: 'response' in done ? done.response : isAuthentication ? { kycStatus: false, kycToken: null, authToken: null } : null,
      errors,
    }
  }

  const questions = async (asked: Asked, path: string): Promise<Said | undefined> => {
    for (const [kind, [id, act]] of Object.entries(KINDS)) {
      if (!path.startsWith(`/${kind}/`)) continue
      const [licence = '', asking = '', client = '', ...more] = path
        .slice(kind.length + 2)
        .split('/')
        .map(decodeURIComponent)
      if (more.length > 0) return { status: 404, body: '' }
      const question = { given: parseObject(asked.body.toString()) ?? {}, partner: asking, client }
      const caller = callerProblem(asked, licence, question)
      const done = caller === undefined ? (formProblem(id, question) ?? (await act(question))) : refused(caller)
      return { body: envelope(done, question.given) }
    }
    return undefined
  }

  const giveToken = ({ body }: Asked): Said => {
    const { request } = parseObject(body.toString()) ?? {}
    const { clientId, secretKey, appId } = isObject(request) ? request : {}
    if (clientId !== 'mosip-ida-client' || secretKey !== SECRET || appId !== 'ida') return { status: 401, body: { errors: [] } }
    const token = randomUUID()
    tokens.add(token)
    return { headers: { authorization: token }, body: { response: { status: 'Success' }, errors: null } }
  }

  const tellKeys = ({ headers, path }: Asked): Said => {
    const token = /^Authorization=(.+)$/.exec(headers.cookie ?? '')?.[1] ?? ''
    if (!tokens.has(token)) return { status: 401, body: { errors: [{ errorCode: 'KER-ATH-401' }] } }
    if (!path.endsWith('?applicationId=IDA&referenceId=SIGN')) return { status: 400, body: '' }
    return { body: { response: { allCertificates: signing.published() }, errors: null } }
  }

  const system = await standIn(async (asked) => {
    const { method, path } = asked
    if (method === 'GET' && path === '/mosip-certs/ida-partner.cer') return { body: encryption.pem }
    // Where somebody forgot to lay the new one down.
    if (method === 'GET' && path === '/mosip-certs/old.cer') return { body: first.pem }
    if (method === 'POST' && path === '/authmanager/clientidsecretkey') return giveToken(asked)
    if (method === 'GET' && path.startsWith(`${BASE}/internal/getAllCertificates`)) return tellKeys(asked)
    const said = method === 'POST' && path.startsWith(BASE) ? await questions(asked, path.slice(BASE.length)) : undefined
    return said ?? { status: 404, body: '' }
  })

  return {
    ...system,
    folder,
    settings: {
      url: `${system.url}${BASE}`,
      tokenUrl: `${system.url}/authmanager/clientidsecretkey`,
      certificateUrl: `${system.url}/mosip-certs/ida-partner.cer`,
      domainUri: DOMAIN,
      allowLoopbackHttp: true,
      ...filesFor(partner, folder),
    },
    sent: codes.sent,
    changeEncryptionKey: async () => {
      encryption = await holder('IDA', now())
    },
    changeSigningKey: signing.rotate,
    endTokens: () => {
      tokens.clear()
    },
    mistakeTransactions: (on) => {
      isMistaken = on
    },
    close: async () => {
      await system.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
