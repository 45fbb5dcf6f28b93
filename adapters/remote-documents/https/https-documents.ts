import type { IncomingMessage } from 'node:http'
import { Agent, request as ask } from 'node:https'
import { isIP, isIPv4, type LookupFunction } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { DocumentFault, Network, RemoteDocument, RemoteDocuments, RemoteServices, Timers } from '../../../domain/ports.ts'

/** From the look-up of the name to the last byte. */
const TIME_MS_MAX = 3000
const BODY_BYTES_MAX = 65_536
const HEADER_BYTES_MAX = 16_384
const URL_CHARS_MAX = 2000
const ADDRESSES_MAX = 16

/** RFC 7517 §8.5, and what most servers say. */
const JSON_TYPE = /^application\/(jwk-set\+)?json *(;|$)/i

export type HttpsDocumentsOptions = {
  readonly network: Network
  readonly timers: Timers
  /** Hosts, in lower case, that the operator allows to lie in a private network. */
  readonly privateHosts: readonly string[]
}

const no = (fault: DocumentFault): RemoteDocument => ({ ok: false, fault })

const read = (url: string): URL | undefined => {
  const parsed = url.length > URL_CHARS_MAX ? null : URL.parse(url)
  return parsed?.protocol === 'https:' && parsed.username === '' && parsed.password === '' ? parsed : undefined
}

/** Answers what was looked at, and asks nobody again: a name that leads elsewhere the second time leads nowhere. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, callback) => {
    const found = addresses.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }))
    const [first] = found
    if (options.all === true) callback(null, found)
    else callback(null, first?.address ?? '', first?.family)
  }

const bodyOf = async (response: IncomingMessage): Promise<RemoteDocument> => {
  const { statusCode, headers } = response
  if (statusCode !== 200) return no('status')
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || (headers['content-encoding'] ?? 'identity') !== 'identity') return no('type')
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES_MAX) return no('size')
    chunks.push(chunk)
  }
  return { ok: true, body: Buffer.concat(chunks) }
}

const askAt = (
  url: URL,
  addresses: readonly string[],
  agent: Agent,
  signal: AbortSignal,
  posted: string | undefined,
): Promise<RemoteDocument> =>
  new Promise((resolve) => {
    const failed = (): void => resolve(no(signal.aborted ? 'late' : 'unreachable'))
    const headers = { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity', 'user-agent': 'eSignet' }
    const length = Buffer.byteLength(posted ?? '')
    const request = ask(url, {
      agent,
      lookup: pinned(addresses),
      signal,
      maxHeaderSize: HEADER_BYTES_MAX,
      ...(posted === undefined
        ? { headers }
        : { method: 'POST', headers: { ...headers, 'content-type': 'application/json', 'content-length': length } }),
    })
    request.on('error', failed)
    request.on('response', (response) => {
      bodyOf(response)
        .then(resolve, failed)
        .finally(() => request.destroy())
    })
    request.end(posted)
  })

/** Resolves as the work does, or when the time is over. */
const within = <T>(work: Promise<T>, signal: AbortSignal, late: T): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(late), { once: true })
    work.then(resolve, reject)
  })

export const httpsDocuments = ({ network, timers, privateHosts }: HttpsDocumentsOptions): RemoteDocuments & RemoteServices => {
  let agent: Agent | undefined
  /** Keeps no connection and no session, and goes through no proxy that the environment names. Reading the authorities takes a while. */
  const made = (): Agent =>
    (agent ??= new Agent({
      keepAlive: false,
      maxCachedSessions: 0,
      // Stated, so that nothing in the environment changes it.
      rejectUnauthorized: true,
      secureContext: createSecureContext({ ca: [...network.authorities()], minVersion: 'TLSv1.2' }),
    }))

  const addressesOf = async (host: string): Promise<readonly string[] | DocumentFault> => {
    const found = isIP(host) === 0 ? await network.addressesOf(host) : [host]
    if (found.length === 0 || found.length > ADDRESSES_MAX) return 'unreachable'
    const listed = privateHosts.includes(host)
    // All of them: a name that leads outside and inside is not trusted to mean the first.
    return found.every((address) => network.mayReach(address, listed)) ? found : 'address'
  }

  const reach = async (text: string, signal: AbortSignal, posted?: string): Promise<RemoteDocument> => {
    const url = read(text)
    if (url === undefined) return no('address')
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
    const addresses = await within(
      addressesOf(host).catch((): DocumentFault => 'unreachable'),
      signal,
      'late',
    )
    if (typeof addresses === 'string') return no(addresses)
    return askAt(url, addresses, made(), signal, posted)
  }

  const inTime = async (url: string, posted?: string): Promise<RemoteDocument> => {
    const [late, done] = [new AbortController(), new AbortController()]
    void timers.sleep(TIME_MS_MAX, done.signal).then(() => late.abort())
    try {
      return await reach(url, late.signal, posted)
    } catch {
      return no('unreachable')
    } finally {
      done.abort()
    }
  }
  return { get: (url) => inTime(url), post: inTime }
}
