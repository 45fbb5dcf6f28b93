import { request as ask, Agent } from 'node:http'
import { connect } from 'node:net'

/** One request as it goes over the wire. */
export type Shot =
  | {
      readonly kind: 'http'
      readonly method: string
      readonly path: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | undefined
    }
  /** Bytes, in the parts in which they are sent; base64, so that a failure can be printed and sent again. */
  | { readonly kind: 'raw'; readonly parts: readonly string[] }

export type Shown = { readonly status: number; readonly text: string }

/** No answer in this time means that it waits for more, milliseconds. */
const SILENCE_MS = 120
const ANSWER_MS = 20_000
const ANSWER_CHARS_MAX = 262_144

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Header values that a client library lets through: what it refuses is sent as raw bytes. */
const sendable = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 20_000)]),
  )

const overHttp = (port: number, { method, path, headers, body }: Extract<Shot, { kind: 'http' }>): Promise<Shown> =>
  new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const target = path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.isWellFormed() ? character : '?'))
    const all = { host: `localhost:${port}`, ...length, ...sendable(headers) }
    const sending = ask({ host: '127.0.0.1', port, method, path: target, headers: all, agent, timeout: ANSWER_MS }, (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('error', () => resolve({ status: 0, text: '' }))
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, text: `${reply.rawHeaders.join('\n')}\n${Buffer.concat(chunks).toString()}` }),
      )
    })
    sending.on('timeout', () => sending.destroy())
    // A broker that closes the connection of a body it will not read says no in its way.
    sending.on('error', () => resolve({ status: 0, text: '' }))
    sending.end(body)
  })

/** The worst status of all answers on the connection. */
const statusIn = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status)))

const overSocket = (port: number, parts: readonly string[]): Promise<Shown> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    let text = ''
    const end = (): void => {
      socket.destroy()
      resolve({ status: statusIn(text), text })
    }
    socket.setTimeout(SILENCE_MS, end)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.length > ANSWER_CHARS_MAX) end()
    })
    socket.on('error', end)
    socket.on('close', end)
    socket.on('connect', () => {
      for (const part of parts) socket.write(Buffer.from(part, 'base64'))
    })
  })

export const fire = (port: number, shot: Shot): Promise<Shown> =>
  shot.kind === 'http' ? overHttp(port, shot) : overSocket(port, shot.parts)

export const closeWire = (): void => agent.destroy()
