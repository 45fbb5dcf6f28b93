/** Sends codes one after the other and says each transaction, until it is killed. Arguments: data directory, instant, name. */
import { mockPlugin } from '../../adapters/id-system/mock/plugin.ts'
import { systemChance } from './chance.ts'
import { handClock } from './hand-clock.ts'
import { logBook } from './plugin-world.ts'

const [dataDirectory = '', start = '', name = ''] = process.argv.slice(2)
const SENDS_MAX = 10_000
const { log } = logBook()

const clock = handClock(start)
const system = await mockPlugin().open({}, { clock, chance: systemChance, log, dataDirectory })
for (let number = 0; number < SENDS_MAX; number += 1) {
  const transaction = `tx_kill_${name}_${number}`
  await system.send?.({
    idempotencyKey: `key-${transaction}`,
    deadline: clock.in(10_000),
    transaction,
    client: 'demo',
    id: { type: 'uin', value: '8267411571' },
    factor: 'otp',
    channels: [],
    locales: [],
    clientName: 'Harbour',
    reference: 'KQ7M',
  })
  process.stdout.write(`${transaction}\n`)
}
