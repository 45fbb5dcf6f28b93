import { Agent as PlainAgent, request as askPlainly, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent, request as ask } from 'node:https'
import { createSecureContext } from 'node:tls'
import { Fault } from '../domain/ports.ts'

/** Bytes of an answer's body where the caller names no other bound: a face picture and every claim in twenty languages fit. */
const BODY_BYTES_MAX = 2 * 1024 * 1024
const HEADER_BYTES_MAX = 32_768
const SOCKETS_MAX = 64
const SOCKETS_KEPT_MAX = 16
const URL_CHARS_MAX = 4096

/** The first try and, for what bears being sent twice, one more where a connection broke. */
const TRIES_MAX = 2

export type HttpCall = {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** From now to the last byte of the answer, milliseconds. */
  readonly waitMs: number
  /** It may be sent again when a connection breaks: asking twice is as asking once. */
  readonly repeatable: boolean
}

/**
 * - `unsent`: nobody answered at that address, so nothing was asked.
 * - `broken`, `late`, `size`: it may have been asked; there is no whole answer, or none in time, or none of a bearable size.
 */
export type HttpFault = 'unsent' | 'broken' | 'late' | 'size'

export type HttpAnswer =
  | {
      readonly ok: true
      readonly status: number
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
      readonly body: Buffer
    }
  | { readonly ok: false; readonly fault: HttpFault }

export type HttpClient = {
  /** Never throws. A redirect is an answer like any other: it is not followed. */
  readonly call: (call: HttpCall) => Promise<HttpAnswer>
  /** Ends calls under way, and every later one at once. */
  readonly close: () => void
}

export type HttpClientOptions = {
  /** Certificates (PEM) of the authorities that servers are believed by, where they are not those that Node knows. */
  readonly authorities?: string
  readonly bodyBytesMax?: number
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** An address that we may send secrets to: https, and http to this machine where the operator allowed that. Throws Fault `invalid`. */
export const endpoint = (text: string, name: string, options: { readonly loopbackHttp: boolean }): URL => {
  const url = text.length > URL_CHARS_MAX ? null : URL.parse(text)
  if (url === null) throw new Fault('invalid', `${name} is no URL`)
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new Fault('invalid', `${name} holds a name, a password or a fragment`)
  const plain = url.protocol === 'http:' && options.loopbackHttp && LOOPBACK.includes(url.hostname)
  if (url.protocol !== 'https:' && !plain) throw new Fault('invalid', `${name} must begin with https://`)
  return url
}

/** An address below another. Each further segment is encoded; what would be resolved away, and lead elsewhere, throws Fault `invalid`. */
export const below = (base: URL, ...segments: readonly string[]): URL => {
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) throw new Fault('invalid', 'a segment of a path is empty or dots')
  const url = new URL(base)
  url.pathname = [url.pathname.replace(/\/$/, ''), ...segments.map(encodeURIComponent)].join('/')
  return url
}

const bodyOf = async (response: IncomingMessage, bytesMax: number): Promise<HttpAnswer> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) return { ok: false, fault: 'size' }
    chunks.push(chunk)
  }
  return { ok: true, status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
}

/** What a connection fails with before anything of the request was on its way. */
const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

const isUnsent = (error: unknown): boolean => {
  if (error instanceof AggregateError) return error.errors.every(isUnsent)
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && UNSENT.includes(error.code)
}

const once = (request: ClientRequest, body: Uint8Array | undefined, signal: AbortSignal, bytesMax: number): Promise<HttpAnswer> =>
  new Promise((resolve) => {
    const failed = (error?: unknown): void => resolve({ ok: false, fault: signal.aborted ? 'late' : isUnsent(error) ? 'unsent' : 'broken' })
    request.on('error', failed)
    request.on('response', (response) => {
      bodyOf(response, bytesMax).then(
        (answer) => {
          // What is too long is not read to its end.
          if (!answer.ok) request.destroy()
          resolve(answer)
        },
        () => {
          failed()
        },
      )
    })
    request.end(body)
  })

/** Calls to one system of the operator's own choosing: bounded in time and size, over TLS, through no proxy that the environment names. */
export const httpClient = ({ authorities, bodyBytesMax = BODY_BYTES_MAX }: HttpClientOptions = {}): HttpClient => {
  const bounds = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: SOCKETS_KEPT_MAX }
  const plain = new PlainAgent(bounds)
  const secure = new Agent({
    ...bounds,
    // Stated, so that NODE_TLS_REJECT_UNAUTHORIZED, left behind by some test, changes nothing.
    rejectUnauthorized: true,
    secureContext: createSecureContext({ minVersion: 'TLSv1.2', ...(authorities !== undefined && { ca: authorities }) }),
  })
  const ending = new AbortController()

  const attempt = ({ method, url, headers, body }: HttpCall, signal: AbortSignal): Promise<HttpAnswer> => {
    const options: RequestOptions = {
      method,
      signal,
      maxHeaderSize: HEADER_BYTES_MAX,
      headers: {
        'user-agent': 'eSignet',
        'accept-encoding': 'identity',
        ...headers,
        ...(body !== undefined && { 'content-length': String(body.byteLength) }),
      },
    }
    const request = url.protocol === 'https:' ? ask(url, { ...options, agent: secure }) : askPlainly(url, { ...options, agent: plain })
    return once(request, body, signal, bodyBytesMax)
  }

  return {
    call: async (call) => {
      // No time left is too late; a wait that no timer can hold is none.
      if (!(call.waitMs > 0) || ending.signal.aborted) return { ok: false, fault: ending.signal.aborted ? 'unsent' : 'late' }
      const signal = AbortSignal.any([AbortSignal.timeout(Math.ceil(call.waitMs)), ending.signal])
      for (let tries = 1; ; tries += 1) {
        const answer = await attempt(call, signal)
        const again = !answer.ok && (answer.fault === 'broken' || answer.fault === 'unsent') && call.repeatable && tries < TRIES_MAX
        if (!again || signal.aborted) return answer
      }
    },
    close: () => {
      ending.abort()
      plain.destroy()
      secure.destroy()
    },
  }
}
