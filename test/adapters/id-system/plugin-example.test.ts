import { fileURLToPath } from 'node:url'
import type { IdSystemPlugin } from '../../../adapters/id-system/plugin.ts'
import { idSystemContract, type PersonFixture } from '../../contracts/id-system.ts'

const MODULE = fileURLToPath(new URL('../../../ops/demo/plugin-example/index.js', import.meta.url))

const reader = (card: string, pin: string): PersonFixture => ({
  id: { type: 'handle', value: card },
  proofs: { pin },
  claims: ['name', 'birthdate'],
})

idSystemContract({
  name: "a third party's example",
  plugin: async () => (await import(MODULE)) as IdSystemPlugin,
  settings: { cards: fileURLToPath(new URL('../../../ops/demo/plugin-example/cards.json', import.meta.url)) },
  fixtures: {
    valid: reader('4000100010001001', '204060'),
    second: reader('4000100010001002', '117733'),
    blocked: reader('4000100010001003', '481516'),
    unknown: { type: 'handle', value: '4999999999999999' },
    wrong: { pin: '000000' },
  },
})
