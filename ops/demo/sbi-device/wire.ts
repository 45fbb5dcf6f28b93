import { createServer, type Socket } from 'node:net'

/** As much of HTTP/1.1 as the interface needs. Node's own server knows a fixed list of verbs, and these are not among them. */
export type Asked = {
  readonly verb: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  /** Breaks off in the middle. */
  readonly cut?: boolean
}

const REQUEST_BYTES_MAX = 65_536
const IDLE_MS = 60_000

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
}

const headOf = ({ status, headers = {}, body }: Answer): string => {
  const all = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${String(status)} ${REASONS[status] ?? 'Error'}\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** What has arrived as a request, where it is whole. */
export const readRequest = (bytes: Buffer): Asked | 'more' | 'bad' => {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return bytes.length > REQUEST_BYTES_MAX ? 'bad' : 'more'
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const [verb, path] = /^([A-Z]{1,20}) (\/[\x21-\x7e]{0,200}) HTTP\/1\.[01]$/.exec(first)?.slice(1) ?? []
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 1).trim()]),
  )
  const length = Number(headers['content-length'] ?? 0)
  if (verb === undefined || path === undefined || !(length >= 0 && length <= REQUEST_BYTES_MAX)) return 'bad'
  const start = end + 4
  if (bytes.length < start + length) return 'more'
  return { verb, path, headers, body: bytes.toString('utf8', start, start + length) }
}

const send = (socket: Socket, answer: Answer): void => {
  const body = answer.cut === true ? answer.body.slice(0, answer.body.length / 2) : answer.body
  socket.write(headOf(answer))
  socket.end(body)
}

export type Listening = { readonly close: () => Promise<void> }

/** One port. A handler that answers nothing leaves the caller waiting. */
export const listen = (port: number, handle: (asked: Asked) => Promise<Answer | undefined>): Promise<Listening> =>
  new Promise((done, failed) => {
    const open = new Set<Socket>()
    const server = createServer((socket) => {
      let bytes = Buffer.alloc(0)
      let answered = false
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.setTimeout(IDLE_MS, () => socket.destroy())
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk])
        const asked = answered ? 'more' : readRequest(bytes)
        if (asked === 'more') return
        answered = true
        if (asked === 'bad') send(socket, { status: 400, body: '{}' })
        else
          handle(asked).then(
            (answer) => answer && send(socket, answer),
            () => socket.destroy(),
          )
      })
    })
    server.once('error', failed)
    const close = (): Promise<void> =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of open) socket.destroy()
      })
    server.listen(port, '127.0.0.1', () => done({ close }))
  })
