import type { Chance, Clock, Instant, Timers } from '../../../domain/ports.ts'
import type { Call, Factor, IdSystem, IndividualId, PluginAnswer, PluginDescription, SendRequest, VerifyAnswer } from '../plugin.ts'
import { asking, Finding, waitFor, type Calls } from './asking.ts'
import type { Fixtures, PersonFixture } from './fixtures.ts'
import type { Help } from './helper.ts'
import type { LogBook } from './log-book.ts'

/** A clock that can be put ahead. */
export type MovableClock = Clock & {
  readonly pass: (ms: number) => void
  /** The instant `ms` from now. */
  readonly in: (ms: number) => Instant
}

export const movableClock = (clock: Clock): MovableClock => {
  let ahead = 0
  const at = (ms: number): Instant => new Date(Date.parse(clock.now()) + ms).toISOString()
  return { now: () => at(ahead), in: (ms) => at(ahead + ms), pass: (ms) => void (ahead += ms) }
}

export type Opened = { readonly description: PluginDescription; readonly system: IdSystem }

export type WorldOptions = {
  readonly fixtures: Fixtures
  readonly help: Help
  readonly clock: MovableClock
  readonly chance: Chance
  readonly timers: Timers
  readonly book: LogBook
  /** Opens the plugin on its folder, unguarded. Throws Fault with what is wrong. */
  readonly open: () => Promise<Opened>
  /** How long the plugin's codes work at most, seconds. */
  readonly codeValidForSMax: number
}

/** An open plugin, people who exist for tests, and what can be done to both. */
export type World = Omit<WorldOptions, 'open'> & {
  readonly description: () => PluginDescription
  readonly system: () => IdSystem
  readonly ask: Calls
  readonly call: (changes?: Partial<Call>) => Call
  readonly wish: (id: IndividualId, changes?: Partial<SendRequest>) => SendRequest
  readonly verify: (id: IndividualId, factor: Factor, proof: string, changes?: Partial<Call>) => Promise<PluginAnswer<VerifyAnswer>>
  /** A proof by whatever factor the plugin has. */
  readonly proven: (person: PersonFixture, changes?: Partial<Call>) => Promise<VerifyAnswer>
  /** Factors that are typed, of which there are fixtures. */
  readonly typed: () => readonly Factor[]
  readonly has: (factor: Factor) => boolean
  /** The newest code of a transaction. */
  readonly code: (transaction: string) => Promise<string>
  readonly codes: (transaction: string) => Promise<readonly string[]>
  readonly pass: (ms: number) => Promise<void>
  readonly reopen: () => Promise<void>
  readonly close: () => Promise<void>
}

export const valueOf = <T>(answer: PluginAnswer<T>, what = 'the right proof'): T => {
  if (answer.ok) return answer.value
  throw new Finding(`${what} was answered ${answer.error}${answer.code === undefined ? '' : ` (${answer.code})`}`)
}

type Place = { opened: Opened | undefined }

const CALL_MS = 10_000

/** Fits what ID systems want of a transaction, and is as the broker's are. */
const nameOf = (chance: Chance): string => `tx_${chance.uuid().replaceAll('-', '').slice(0, 24)}`

const proving = (world: Pick<World, 'ask' | 'call' | 'wish' | 'verify' | 'typed' | 'code'>): World['proven'] => {
  return async (person, changes = {}) => {
    const { ask, call, wish, verify, typed, code } = world
    const factor = typed().find((known) => person.proofs[known] !== undefined)
    const proof = factor && person.proofs[factor]
    if (factor !== undefined && proof !== undefined) return valueOf(await verify(person.id, factor, proof, changes))
    const { transaction, client } = call(changes)
    valueOf(await ask.send(wish(person.id, { transaction, client })), 'a wish for a code')
    return valueOf(await verify(person.id, 'otp', await code(transaction), { transaction, client }))
  }
}

/** Opens a plugin to be checked. */
export const openWorld = async (options: WorldOptions): Promise<World> => {
  const { fixtures, help, clock, chance, timers, open } = options
  const place: Place = { opened: await open() }
  let aheadMs = 0
  const opened = (): Opened => {
    if (place.opened === undefined) throw new Finding('it could not be opened again')
    return place.opened
  }
  const call: World['call'] = (changes = {}) => ({
    idempotencyKey: chance.uuid(),
    deadline: clock.in(CALL_MS),
    transaction: nameOf(chance),
    client: 'conformance-client',
    ...changes,
  })
  const wish: World['wish'] = (id, changes = {}) => ({
    ...call(),
    ...{ id, factor: 'otp', channels: [], locales: ['en'], clientName: 'Conformance', reference: 'KQ7M' },
    ...changes,
  })
  // It may be another one after each restart.
  const current = (): Calls => asking({ ...opened(), timers })
  const ask: Calls = {
    verify: (request) => current().verify(request),
    send: (request) => current().send(request),
    release: (request) => current().release(request),
    resolve: (request) => current().resolve(request),
    notify: (request) => current().notify(request),
  }
  const verify: World['verify'] = (id, factor, proof, changes) => ask.verify({ ...call(changes), id, factor, proof })
  const has: World['has'] = (factor) => opened().description.factors.some((offer) => offer.factor === factor)
  const typed: World['typed'] = () =>
    opened()
      .description.factors.map(({ factor }) => factor)
      .filter((factor) => fixtures.valid.proofs[factor] !== undefined)
  const codes: World['codes'] = async (transaction) => (await help.codes?.(transaction)) ?? []
  const code: World['code'] = async (transaction) => {
    const [newest] = await codes(transaction)
    if (newest === undefined) throw new Finding('a code was said to be sent, and the helper finds none')
    return newest
  }
  const close: World['close'] = async () => {
    const { opened: last } = place
    place.opened = undefined
    if (last !== undefined) await waitFor('close()', timers, async () => last.system.close())
  }
  const world = { ask, call, wish, verify, typed, code }
  return {
    ...options,
    ...world,
    description: () => opened().description,
    system: () => opened().system,
    proven: proving(world),
    has,
    codes,
    pass: async (ms) => {
      clock.pass(ms)
      aheadMs += ms
      await help.time?.(aheadMs)
    },
    close,
    reopen: async () => {
      await close()
      place.opened = await open()
    },
  }
}
