import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runBatch } from './batch.ts'
import { closeWire } from './wire.ts'

/** Of one broker; then comes a fresh one with a fresh victim. */
const BATCH = 5000

/** `npm run fuzz`: a hundred thousand requests. `--seed` repeats what was found. */
const { values } = parseArgs({ options: { requests: { type: 'string', default: '100000' }, seed: { type: 'string' } } })
const requests = Number(values.requests)
const first = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const statuses: Record<string, number> = {}
let done = 0
let failed = 0
for (let batch = 0; done < requests; batch += 1) {
  const seed = first + batch * BATCH
  const size = Math.min(BATCH, requests - done)
  const result = await runBatch(seed, size, (sent) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done + sent} of ${requests}`)
  })
  done += result.requests
  for (const [group, count] of Object.entries(result.statuses)) statuses[group] = (statuses[group] ?? 0) + count
  process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${done} of ${requests}, seed ${seed}: ${result.found.length} found\n`)
  failed += result.found.length
  for (const { what, shot, shown } of result.found.slice(0, 5))
    process.stdout.write(`${what}\n  ${JSON.stringify(shot).slice(0, 3000)}\n  ${shown?.text.slice(0, 500) ?? ''}\n`)
}
closeWire()
const told = Object.entries(statuses)
  .sort()
  .map(([group, count]) => `${group} ${count}`)
  .join(', ')
process.stdout.write(`${done} requests from seed ${first}: ${told}; ${failed} found\n`)
process.exitCode = failed > 0 ? 1 : 0
