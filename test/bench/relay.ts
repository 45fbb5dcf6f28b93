import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Counts on one connection. */
type Counter = { readonly sent: (bytes: Buffer) => number; readonly answered: () => void }

export type Relay = {
  readonly port: number
  readonly count: () => number
  /** From now on answers are handed on this much later. */
  readonly late: (ms: number) => void
  readonly close: () => void
}

const PREFACE_BYTES = 24
const FRAME_HEAD_BYTES = 9
const HEADERS = 1

/** Calls of gRPC: each begins with one frame of headers, whatever flows afterwards. */
export const grpcCalls = (): Counter => {
  let skip = PREFACE_BYTES
  let head = Buffer.alloc(0)
  return {
    sent: (bytes) => {
      let calls = 0
      for (let at = 0; at < bytes.length;) {
        if (skip > 0) {
          const skipped = Math.min(skip, bytes.length - at)
          skip -= skipped
          at += skipped
          continue
        }
        const taken = bytes.subarray(at, at + FRAME_HEAD_BYTES - head.length)
        head = Buffer.concat([head, taken])
        at += taken.length
        if (head.length < FRAME_HEAD_BYTES) break
        if (head[3] === HEADERS) calls += 1
        skip = head.readUIntBE(0, 3)
        head = Buffer.alloc(0)
      }
      return calls
    },
    answered: () => undefined,
  }
}

/** Trips of Redis: what is sent before an answer came goes together, on whichever connection. */
export const redisTrips = (): (() => Counter) => {
  let waits = false
  const counter: Counter = {
    sent: () => {
      const begins = waits ? 0 : 1
      waits = true
      return begins
    },
    answered: () => (waits = false),
  }
  return () => counter
}

/** Stands between a broker and a server at a port of this machine, hands everything on and counts. */
export const openRelay = async (to: number, counterOf: () => Counter): Promise<Relay> => {
  let count = 0
  let lateMs = 0
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true })
    const counter = counterOf()
    near.on('data', (bytes: Buffer) => (count += counter.sent(bytes)))
    const answer = (bytes: Buffer): void => {
      counter.answered()
      near.write(bytes)
    }
    far.on('data', (bytes: Buffer) => {
      if (lateMs === 0) answer(bytes)
      else setTimeout(answer, lateMs, bytes)
    })
    near.pipe(far)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        near.destroy()
        far.destroy()
        sockets.delete(socket)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    count: () => count,
    late: (ms) => (lateMs = ms),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
