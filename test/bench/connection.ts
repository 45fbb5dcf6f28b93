import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

/** What waits longer than this for an answer counts as failed. */
const ANSWER_MS = 60_000
const HEAD_BYTES_MAX = 32_768

export type Answer = {
  readonly status: number
  /** Lines of the head as they came. */
  readonly head: string
  readonly body: string
}

export type Sent = {
  readonly method: 'GET' | 'POST'
  /** With its query. */
  readonly target: string
  /** Complete lines without the line ends. */
  readonly headers?: readonly string[]
  /** A form, where there is one. */
  readonly body?: string
}

/** One kept-alive connection, one request at a time. Much cheaper than Node's client, so that the load process is not what is measured. */
export type Connection = {
  readonly send: (sent: Sent) => Promise<Answer>
  readonly close: () => void
}

export const headerOf = ({ head }: Pick<Answer, 'head'>, name: string): string | undefined => {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`)
  return at < 0 ? undefined : head.slice(at + name.length + 3, head.indexOf('\r\n', at + 2)).trim()
}

/** Name and value of each `Set-Cookie`; a value that is removed is empty. */
export const cookiesOf = ({ head }: Pick<Answer, 'head'>): readonly (readonly [name: string, value: string])[] =>
  [...head.matchAll(/\r\nset-cookie: *([^=;\r]+)=([^;\r]*)([^\r]*)/gi)].map(([, name = '', value = '', rest = '']) => [
    name,
    /max-age=0\b|expires=Thu, 01 Jan 1970/i.test(rest) ? '' : value,
  ])

const bytesOf = ({ method, target, headers = [], body }: Sent, host: string): string => {
  const form = body === undefined ? [] : ['content-type: application/x-www-form-urlencoded', `content-length: ${Buffer.byteLength(body)}`]
  return [`${method} ${target} HTTP/1.1`, `host: ${host}`, ...headers, ...form, '', body ?? ''].join('\r\n')
}

type Read = { readonly answer: Answer; readonly rest: Buffer }

/** A whole answer, or undefined while a part is missing. Every server here says how long its answers are. */
const read = (bytes: Buffer): Read | undefined => {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) {
    if (bytes.length > HEAD_BYTES_MAX) throw new Error('an answer without an end of its head')
    return undefined
  }
  const head = bytes.toString('latin1', 0, end + 2)
  const status = Number(head.slice(9, 12))
  const length = headerOf({ head }, 'content-length')
  if (length === undefined && status !== 204 && status !== 304) throw new Error(`an answer without its length: ${head}`)
  const from = end + 4
  const to = from + Number(length ?? 0)
  if (bytes.length < to) return undefined
  return { answer: { status, head, body: bytes.toString('utf8', from, to) }, rest: bytes.subarray(to) }
}

export const openConnection = async (port: number): Promise<Connection> => {
  const host = `127.0.0.1:${port}`
  let socket: Socket
  let waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined
  let bytes: Buffer = Buffer.alloc(0)

  const fail = (error: Error): void => {
    const one = waiting
    waiting = undefined
    one?.reject(error)
  }
  const take = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    try {
      const found = read(bytes)
      if (found === undefined) return
      bytes = found.rest
      const one = waiting
      waiting = undefined
      one?.resolve(found.answer)
    } catch (error) {
      fail(error as Error)
    }
  }
  const open = async (): Promise<void> => {
    socket = connect({ port, host: '127.0.0.1', noDelay: true })
    bytes = Buffer.alloc(0)
    socket.on('data', take)
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the server closed the connection')))
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_MS} ms`)))
    await once(socket, 'connect')
  }
  await open()
  return {
    send: async (sent) => {
      // A refusal may end the connection; the next request opens another, as a browser does.
      if (socket.destroyed || socket.readableEnded) await open()
      return new Promise<Answer>((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(bytesOf(sent, host))
      })
    },
    close: () => socket.destroy(),
  }
}
