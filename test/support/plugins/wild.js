/** A third party's plugin in plain JavaScript that goes wrong in every way a thread can: what is asked for as `proof` says how. */
import { randomUUID } from 'node:crypto'
import threads from 'node:worker_threads'

export const settingsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    id: { type: 'string', default: 'wild' },
    wildAt: { type: 'string', default: '' },
    chokes: { type: 'boolean', default: false, description: 'On every fact.' },
  },
}

export const describe = ({ id = 'wild' } = {}) => ({
  id,
  version: '1.0.0',
  api: 1,
  factors: [{ factor: 'password', format: { kind: 'text', lengthMin: 1, lengthMax: 64 } }],
  channels: [],
  idTypes: [{ type: 'uin', pattern: '^[0-9]{10}$', lengthMax: 10 }],
  claims: ['name'],
  sessionSingleUse: false,
  sessionLifetimeS: 600,
})

const never = () => new Promise(() => undefined)
const kept = []

const ways = {
  throws: () => {
    throw new RangeError('the proof was throws')
  },
  'throws later': () => {
    setTimeout(() => {
      throw new Error('nobody catches this')
    }, 1)
    return never()
  },
  'rejects unseen': () => {
    void Promise.reject(new Error('nobody sees this'))
    return never()
  },
  hangs: never,
  spins: () => {
    for (;;);
  },
  exits: () => {
    process.exit(0)
  },
  'leaks heap': () => {
    for (;;) kept.push(Array.from({ length: 1000 }, () => randomUUID()))
  },
  'leaks buffers': async () => {
    for (let mb = 0; mb < 200; mb += 8) kept.push(Buffer.alloc(8 * 1024 * 1024, 1))
    return never()
  },
  'floods the log': (tools) => {
    for (let line = 0; line < 50_000; line += 1) tools.log.warn('flood', { line, text: 'x'.repeat(line % 3000) })
    return never()
  },
  'floods its streams': () => {
    for (let line = 0; line < 5000; line += 1) console.log('x'.repeat(1000))
    return never()
  },
  'floods the broker': () => {
    const ways = [() => threads.parentPort?.postMessage('x'), () => threads.postMessageToThread?.(0, 'x')]
    for (let times = 0; times < 10_000; times += 1)
      for (const way of ways)
        try {
          void way()
        } catch {
          // That way is closed.
        }
    return never()
  },
  'ends the broker': () => {
    process.kill(process.pid)
  },
  'answers too much': () => ({ ok: true, value: { subjectKey: 'x'.repeat(20 * 1024 * 1024) } }),
  'says what the broker says': (tools) => {
    tools.log.info('odd_line', { time: '1999-01-01T00:00:00.000Z', level: 'error', event: 'stopped', plugin: 'mock', lines: 1 })
    return { ok: false, error: 'challenge_failed' }
  },
  'looks around': () => ({
    ok: false,
    error: 'challenge_failed',
    code: `env:${Object.keys(process.env).length}:${threads.workerData === null}:${threads.parentPort === null}`,
  }),
}

export const open = async ({ id, wildAt, chokes }, tools) => {
  const seen = []
  const act = async (proof) => (Object.hasOwn(ways, proof) ? ways[proof](tools) : undefined)
  return {
    verify: async ({ factor, proof, id: { value }, transaction, client }) => {
      if (wildAt !== '') await act(wildAt)
      const odd = await act(proof)
      if (odd !== undefined) return odd
      if (proof !== 'right') return { ok: false, error: 'challenge_failed' }
      const session = JSON.stringify({ value, transaction, client })
      const sessionExpiresAt = new Date(Date.parse(tools.clock.now()) + 600_000).toISOString()
      return { ok: true, value: { subjectKey: `${id}-${value}`, session, sessionExpiresAt, factorsProven: [factor] } }
    },
    release: async ({ session, transaction, client, claims }) => {
      const { value, ...made } = JSON.parse(session)
      if (made.transaction !== transaction || made.client !== client) return { ok: false, error: 'session_expired' }
      return { ok: true, value: { claims: claims.includes('name') ? { name: `Person ${value}` } : {} } }
    },
    on: {
      ConsentGiven: async ({ id: fact }) => {
        if (chokes) throw new RangeError('not this fact')
        seen.push(fact)
      },
    },
    health: async () => ({ status: 'up', detail: `${seen.length} facts` }),
    close: async () => undefined,
  }
}
