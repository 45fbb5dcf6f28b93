import { fileURLToPath } from 'node:url'
import type { IdSystemPlugin } from '../../../adapters/id-system/plugin.ts'
import fixtures from '../../../ops/demo/plugin-example/fixtures.json' with { type: 'json' }
import { idSystemContract, type Fixtures } from '../../contracts/id-system.ts'

const MODULE = fileURLToPath(new URL('../../../ops/demo/plugin-example/index.js', import.meta.url))

idSystemContract({
  name: "a third party's example",
  plugin: async () => (await import(MODULE)) as IdSystemPlugin,
  settings: { cards: fileURLToPath(new URL('../../../ops/demo/plugin-example/cards.json', import.meta.url)) },
  fixtures: fixtures as Fixtures,
})
