/**
 * Fills a stopped broker's folder: relying parties by the step that registers them, logins as the broker recorded its own, through the
 * event store's and the person keys' own adapters.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqlitePersonKeys } from '../../adapters/person-keys/sqlite/sqlite-person-keys.ts'
import type { Settings } from '../../src/config.ts'
import type { Journal } from '../../src/journal.ts'
import { stateCache } from '../../src/handle.ts'
import { completeRegistration } from '../../src/client-registration.ts'
import { keptPolicy, systemRuntime } from '../../src/compose.ts'
import { openKeys } from '../../src/compose-keys.ts'
import { composed, settingsFrom } from '../../src/machine.ts'
import { keepClient } from '../../src/steps/register-client.ts'
import { COMPLETIONS } from '../../src/reactors/completions.ts'
import type { Position, StoredEvent } from '../../domain/ports.ts'
import { answerOne } from './child.ts'
import { describe } from './id-system.ts'
import { another, templatesOf } from './templates.ts'

export type SeedOrders = {
  readonly data: string
  /** Logins to add. */
  readonly transactions: number
  /** Registrations to add, like this one but for its name, numbered from the first. */
  readonly clients: { readonly registration: { readonly client_id: string }; readonly first: number; readonly count: number }
}

/** Appends under way at once: they share a flush. */
const IN_FLIGHT = 512
const PAGE_EVENTS = 1024
const TEMPLATES_MAX = 64
const NOTE_EVERY = 50_000
/** Logins lie this far apart, back in time. */
const APART_MS = 2000
/** Without a flush for each person; copied where it belongs in the end. */
const FAST = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const runtime = systemRuntime({ logLevel: 'warn' }, (line) => void process.stderr.write(line))

type Filling = { readonly settings: Settings; readonly journal: Journal }

const registerAll = async ({ settings, journal }: Filling, clients: SeedOrders['clients']): Promise<void> => {
  const policy = await keptPolicy(settings, journal, runtime)
  const deciding = { journal, states: stateCache(100), timers: runtime.timers, policy }
  for (let n = clients.first; n < clients.first + clients.count; n += 1) {
    const stated = { ...clients.registration, client_id: `${clients.registration.client_id}-${n}` }
    const completed = completeRegistration(stated, { plugin: describe(), policy: settings.policy }, undefined)
    if (!completed.ok) throw new Error(completed.problems.join('; '))
    const { refusal } = await keepClient(
      deciding,
      { id: runtime.chance.uuid(), at: runtime.clock.now() },
      'RegisterClient',
      completed.configuration,
    )
    if (refusal !== undefined) throw new Error(refusal)
  }
}

/** The first events that there are: the logins that the broker itself recorded. */
const firstEvents = async (journal: Journal): Promise<readonly StoredEvent[]> => {
  const events: StoredEvent[] = []
  for (let after: Position | undefined; events.length < TEMPLATES_MAX * 40;) {
    const page = await journal.store.readAll({ max: PAGE_EVENTS, ...(after !== undefined && { after }) })
    events.push(...page.events)
    if (page.end || page.next === undefined) break
    after = page.next
  }
  return events
}

const seedLogins = async (
  { settings, journal }: Filling,
  { data, transactions }: SeedOrders,
  progress: (text: string) => void,
): Promise<void> => {
  const templates = templatesOf(await firstEvents(journal)).slice(0, TEMPLATES_MAX)
  if (templates.length === 0) throw new Error('no login was closed yet')
  const file = join(data, 'person-keys.db')
  const folder = mkdtempSync(join(FAST, 'esignet-seed-'))
  const fast = join(folder, 'person-keys.db')
  copyFileSync(file, fast)
  const key = await (await openKeys(settings, runtime)).secret('person-keys')
  const personKeys = sqlitePersonKeys({ file: fast, clock: runtime.clock, chance: runtime.chance, key })
  let pending: Promise<unknown>[] = []
  let before: Promise<unknown> = Promise.resolve()
  for (let n = 0; n < transactions; n += 1) {
    const index = Buffer.from(runtime.chance.bytes(32)).toString('base64url')
    const person = await personKeys.resolve(index)
    await personKeys.join([index], person)
    const template = templates[n % templates.length]
    if (template === undefined) break
    const seeded = another(template, person.ref, n * APART_MS, runtime.chance)
    pending.push(...seeded.map(({ stream, events }) => journal.store.append(stream, 'no_stream', events)))
    if (pending.length >= IN_FLIGHT) {
      // One lot is written while the next is made.
      await before
      before = Promise.all(pending)
      pending = []
    }
    if ((n + 1) % NOTE_EVERY === 0) progress(`${n + 1} of ${transactions} logins written`)
  }
  await before
  await Promise.all(pending)
  await personKeys.close()
  copyFileSync(fast, file)
  rmSync(folder, { recursive: true })
}

/** What a broker recorded it delivered and completed, too: with a backlog of others' messages nobody's would be sent in time. */
const followed = (data: string, head: Position): void => {
  const events = new DatabaseSync(join(data, 'events.db'))
  events.exec('UPDATE groups SET position = (SELECT max(position) FROM events)')
  events.close()
  const views = new DatabaseSync(join(data, 'views.db'))
  views.prepare('UPDATE projection SET position = ? WHERE name LIKE ?').run(head, `${COMPLETIONS}@%`)
  views.close()
}

answerOne(async (orders: SeedOrders, progress): Promise<object> => {
  const { data, transactions, clients } = orders
  const environment = { ESIGNET_DATA: data }
  const settings = settingsFrom({}, environment, 'tool', data)
  const stores = await composed(runtime, environment, data, () => undefined).open({}, 'existing')
  await registerAll({ settings, journal: stores.journal }, clients)
  if (transactions > 0) await seedLogins({ settings, journal: stores.journal }, orders, progress)
  const head = await stores.journal.source.head()
  await stores.close()
  if (head !== undefined) followed(data, head)
  return {}
})
