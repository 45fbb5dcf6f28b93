/**
 * `npm run mock-identity-system -- [--port 8082] [--mode compat|strict] [--people FILE] [--issuer URL]`: the mock-identity-system as a
 * process of its own, on loopback. In `strict` the codes that it "sends" are printed.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mockIdentitySystem } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8082' },
    mode: { type: 'string', default: 'strict' },
    people: { type: 'string', default: fileURLToPath(new URL('../people.json', import.meta.url)) },
    issuer: { type: 'string', default: 'http://localhost:8088/v1/esignet' },
  },
})

const { mode, people, issuer } = values
if (mode !== 'compat' && mode !== 'strict') throw new Error('--mode is compat or strict')
const system = await mockIdentitySystem({
  port: Number(values.port),
  mode,
  people,
  issuer,
  now: () => new Date().toISOString(),
  uuid: randomUUID,
  sixDigits: () => {
    const otp = String(randomInt(1_000_000)).padStart(6, '0')
    process.stdout.write(`code ${otp}\n`)
    return otp
  },
})
process.stdout.write(`${system.url} (${mode})\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void system.close())
