import { registerHooks } from 'node:module'

// What `kurrentdb-faults.test.ts` runs as a process of its own: which vendors' libraries the event stores load.

const [connection = ''] = process.argv.slice(2)
const loaded: string[] = []
registerHooks({
  resolve: (name, context, next) => {
    if (/^@(?:eventstore|kurrent)\//.test(name)) loaded.push(name)
    return next(name, context)
  },
})
const take = (): readonly string[] => loaded.splice(0)

const { kurrentDbEventStore } = await import('../../../adapters/event-store/kurrentdb/kurrentdb-event-store.ts')
const { chance } = await import('./kurrentdb-tools.ts')
const { silent, timers } = await import('./tools.ts')
const imported = take()
await kurrentDbEventStore({ settings: { connection, client: 'kurrent' }, timers, chance, log: silent }).catch(() => undefined)
process.stdout.write(JSON.stringify({ imported, opened: take() }))
