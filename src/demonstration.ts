import { join } from 'node:path'
import { clientOf } from './clients.ts'
import { completeRegistration } from './client-registration.ts'
import { demoIdSystems } from './compose-id-systems.ts'
import { describedBy } from './id-systems.ts'
import type { Settings } from './config.ts'
import { bounded } from './demo/broker.ts'
import { DEMO_CLIENT_ID, demoClientMetadata, demoKey } from './demo/registration.ts'
import { startReaders } from './demo/readers.ts'
import { demoRelyingParty, messageText, redirectUriOf } from './demo/relying-party.ts'
import { openDemoServer } from './demo/server.ts'
import { serve, type Broker } from './main.ts'
import type { Runtime } from './runtime.ts'
import { keepClient } from './steps/register-client.ts'
import type { World } from './world.ts'
import { canonical } from '../domain/canonical.ts'
import { Fault } from '../domain/ports.ts'

export type Demonstration = {
  readonly broker: Broker
  /** Where the relying party is. */
  readonly origin: string
  /** Whether its ID system, or one of them, is the mock, whose people are known. */
  readonly hasMock: boolean
  /** Of the simulated biometric readers, where they were asked for. */
  readonly readers?: string
  readonly close: () => Promise<void>
}

/** Registers the demo relying party, or brings its registration up to date; nothing is recorded when it is as it was. */
const register = async (world: World, privateJwk: Awaited<ReturnType<typeof demoKey>>, redirectUri: string): Promise<void> => {
  const current = await clientOf(world, DEMO_CLIENT_ID)
  const deployment = { ...describedBy(world.idSystems), policy: world.policy.value }
  const input = demoClientMetadata(privateJwk, redirectUri, deployment.plugin.claims)
  const completed = completeRegistration(input, deployment, current.configuration)
  if (!completed.ok) throw new Fault('invalid', `the demo relying party cannot be registered:\n  ${completed.problems.join('\n  ')}`)
  const { configuration } = completed
  if (current.configuration !== undefined && canonical(current.configuration as never) === canonical(configuration as never)) return
  const type = current.registered ? 'UpdateClient' : 'RegisterClient'
  await keepClient(world, { id: world.chance.uuid(), at: world.clock.now() }, type, configuration)
}

/** Broker, mock ID system and demo relying party in one process (rule 44): what `serve --demo` starts. */
export const demonstrate = async (
  settings: Settings,
  runtime: Runtime,
  print: (line: string) => void,
  reread?: () => Settings,
): Promise<Demonstration> => {
  const { host } = new URL(settings.issuer)
  const idSystems = demoIdSystems(
    settings,
    (message) => print(`  ${message.channel} to ${message.to}: ${messageText(message, host)}`),
    reread,
  )
  const { clock, chance, timers, log } = runtime
  const server = await openDemoServer(settings.demoPort, log)
  const closing: (() => Promise<void>)[] = [() => server.close()]
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0)) await end()
  }
  try {
    // Their keys take a moment to make: meanwhile the broker opens.
    const starting = settings.demoReaders ? startReaders(settings.data, settings.sbi.port.range) : undefined
    starting?.catch(() => undefined)
    closing.push(async () => (await starting?.catch(() => undefined))?.close())
    const broker = await serve(settings, runtime, idSystems.choices)
    closing.push(() => broker.close())
    const readers = await starting
    const privateJwk = await demoKey(join(settings.data, 'demo', 'relying-party.json'), chance)
    await register(broker.world, privateJwk, redirectUriOf(server.origin))
    server.handle(
      await demoRelyingParty({
        issuer: settings.issuer,
        clientId: DEMO_CLIENT_ID,
        privateJwk,
        fetch: bounded(fetch, timers),
        origin: server.origin,
        brand: broker.world.brand,
        statics: broker.world.statics,
        outbox: idSystems.outbox,
        notices: idSystems.notices,
        clock,
        chance,
        timers,
        log,
      }),
    )
    return { broker, origin: server.origin, hasMock: idSystems.hasMock, ...(readers && { readers: readers.line }), close }
  } catch (error) {
    await close()
    throw error
  }
}
