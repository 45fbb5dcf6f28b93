import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPersonKeys } from './compose.ts'
import { openKeys, secretsOf } from './compose-keys.ts'
import { openPlugin } from './compose-id-systems.ts'
import type { Settings } from './config.ts'
import { pluginChoices, type PluginChoice } from './plugin-choices.ts'
import type { Runtime } from './runtime.ts'
import type { World } from './world.ts'
import { Fault, type EventStore } from '../domain/ports.ts'

export type Persons = Pick<World, 'idSystem' | 'secrets' | 'personKeys'> & { readonly close: () => Promise<void> }

const choiceNamed = (settings: Settings, id: string | undefined): PluginChoice => {
  const choices = pluginChoices(settings)
  const [first] = choices
  const choice = id === undefined ? first : choices.find((one) => one.id === id)
  if (choice === undefined)
    throw new Fault(
      'invalid',
      `the settings name no ID system ${id ?? ''}: there is ${choices.map((one) => one.id ?? one.module).join(', ')}`,
    )
  return choice
}

/** What it takes to find a person by an identifier of an ID system (absent: the first), beside a broker that may run: the plugin gets a folder of its own for it. */
export const openPersons = async (settings: Settings, runtime: Runtime, store: EventStore, id?: string): Promise<Persons> => {
  const choice = choiceNamed(settings, id)
  const keys = await openKeys(settings, runtime)
  const dataDirectory = mkdtempSync(join(tmpdir(), 'esignet-plugin-'))
  const personKeys = await openPersonKeys(settings, runtime, store, await keys.secret('person-keys'))
  const close = async (): Promise<void> => {
    await personKeys.close()
    rmSync(dataDirectory, { recursive: true, force: true })
  }
  try {
    const idSystem = await openPlugin(settings, runtime, choice, { dataDirectory })
    const closeAll = async (): Promise<void> => {
      await idSystem.system.close()
      await close()
    }
    return { idSystem: { ...idSystem, generation: 1 }, personKeys, secrets: await secretsOf(keys), close: closeAll }
  } catch (error) {
    await close()
    throw error
  }
}
