/** `npm run cluster`: what a country runs on many machines, on this one, to sign in through and to break. */
import { env, exit } from 'node:process'
import { startCluster } from './cluster.ts'

const PORT = 8088
const DEMO_PORT = 8089

const cluster = await startCluster({
  port: PORT,
  demoPort: DEMO_PORT,
  ...(env['ESIGNET_DATA'] !== undefined && { data: env['ESIGNET_DATA'] }),
})
const { issuer, demo, nodes, redis } = cluster
const lines = [
  `Two brokers and Redis are ready behind a balancer at ${issuer}.`,
  '',
  `  Open         ${demo}/  and choose "Sign in": each request goes to the other broker`,
  `  Codes        ${demo}/demo/outbox`,
  '  People       8267411571  PIN 545411',
  `  Brokers      ports ${nodes.map(({ port }) => port).join(' and ')}`,
  `  Redis        cache ${redis.cache.port}, secrets ${redis.secrets.port}, keys ${redis.keys.port}`,
  '',
  'Stop with Ctrl+C. Redis forgets everything then.',
]
process.stdout.write(`${lines.join('\n')}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cluster.end().then(() => exit(0)))
