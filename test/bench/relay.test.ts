import { expect } from 'chai'
import { describe, it } from 'mocha'
import { grpcCalls, redisTrips } from './relay.ts'

const HEADERS = 1
const DATA = 0

const frame = (type: number, length: number): Buffer => {
  const bytes = Buffer.alloc(9 + length, HEADERS)
  bytes.writeUIntBE(length, 0, 3)
  bytes[3] = type
  return bytes
}

describe('what the bench counts on the way to a server', () => {
  it('a call of gRPC is a frame of headers, wherever its bytes are cut', () => {
    const calls = [frame(4, 6), frame(HEADERS, 40), frame(DATA, 300), frame(HEADERS, 0), frame(DATA, 0), frame(HEADERS, 17)]
    const bytes = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ...calls])
    for (const size of [1, 2, 8, 9, 10, 100, bytes.length]) {
      const counter = grpcCalls()
      let count = 0
      for (let at = 0; at < bytes.length; at += size) count += counter.sent(bytes.subarray(at, at + size))
      expect(count, `in pieces of ${size}`).to.equal(3)
    }
  })

  it('what is sent to Redis before an answer came is one trip, on whichever connection', () => {
    const counterOf = redisTrips()
    const [one, other] = [counterOf(), counterOf()]
    const send = (counter = one): number => counter.sent(Buffer.from('*1\r\n$4\r\nPING\r\n'))
    expect([send(), send(), send(other)]).to.deep.equal([1, 0, 0])
    other.answered()
    expect([send(), send()]).to.deep.equal([1, 0])
  })
})
