import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/broker.ts'
import type { House } from './house.ts'

/** Logins with the library, and with the wild one, at once. Twelve that hang are more than its breaker lets pass. */
const AT_ONCE = 4
const WILD_AT_ONCE = 12

/** Between two logins of one worker with the wild one, and between two looks at the status, milliseconds. */
const PAUSE_MS = 20
const LOOK_MS = 500

/** Until a breaker opens (one that hangs is told by its deadline, 10 s), and until a breaker lets calls through again. */
const BREAKER_MS = 90_000
const AGAIN_MS = 180_000

/** What is done to the plugin: killed, hung, spun, flooded in three ways, its memory filled. */
export const WAYS = ['exits', 'hangs', 'spins', 'floods the log', 'floods its streams', 'floods the broker', 'leaks heap'] as const

export type Way = (typeof WAYS)[number]

/** What happened to logins with the library while something was done to the other plugin. */
export type Spell = {
  readonly what: string
  readonly ms: readonly number[]
  readonly failed: readonly string[]
  /** Logins with the wild one that met it; those whose page had no way on; the last of them that were tried again, and reached their end. */
  readonly tried: number
  readonly stuck: number
  readonly again: number
  readonly recovered: number
  /** What commands showed meanwhile: that it is left alone, and how often its thread ended so far. */
  readonly breaker: boolean
  readonly ended: number
}

const NOBODY = { tried: 0, stuck: 0, again: 0, recovered: 0, breaker: false, ended: 0 } as const

const workers = async (count: number, work: () => Promise<boolean>): Promise<void> => {
  const one = async (): Promise<void> => {
    while (await work());
  }
  await Promise.all(Array.from({ length: count }, one))
}

/** So many logins with the library. What fails is said, and the others go on. */
const borrowing = async (house: House, logins: number): Promise<Pick<Spell, 'ms' | 'failed'>> => {
  const ms: number[] = []
  const failed: string[] = []
  let begun = 0
  await workers(AT_ONCE, async () => {
    if (begun >= logins) return false
    begun += 1
    await house.borrow().then(
      (took) => ms.push(took),
      (error: unknown) => failed.push(error instanceof Error ? error.message : 'unknown'),
    )
    return true
  })
  return { ms, failed }
}

/** Nothing goes wrong: what the others are held against. */
export const calm = async (house: House, logins: number): Promise<Spell> => ({
  ...NOBODY,
  what: 'nothing',
  ...(await borrowing(house, logins)),
})

/** The library is replaced, again and again, under its own logins. */
export const replaced = async (house: House, logins: number, times: number): Promise<Spell> => {
  let isOver = false
  const replacing = async (): Promise<void> => {
    for (let time = 1; time <= times && !isOver; time += 1) await house.reload(`2.${String(time)}.0`)
  }
  const load = borrowing(house, logins).finally(() => (isOver = true))
  const [done] = await Promise.all([load, replacing()])
  return { ...NOBODY, what: 'its own plugin replaced', ...done }
}

/** Faults in the wild one, one login after the other, for as long as so many logins with the library last. */
export const suffering = async (house: House, ways: readonly Way[], logins: number): Promise<Spell> => {
  let [isOver, breaker] = [false, false]
  let turn = 0
  const tried: Awaited<ReturnType<House['tryWild']>>[] = []
  const wild = workers(WILD_AT_ONCE, async () => {
    if (isOver) return false
    // Whom the door itself turned away comes again, as a new login.
    const answered = await house.tryWild(ways[(turn += 1) % ways.length] ?? 'exits').catch(() => undefined)
    if (answered !== undefined) tried.push(answered)
    await sleep(PAUSE_MS)
    return true
  })
  const looking = async (): Promise<void> => {
    while (!isOver) {
      breaker ||= (await house.status()).some(({ id, breakers }) => id === 'wild' && breakers.length > 0)
      await sleep(LOOK_MS)
    }
  }
  const looks = looking()
  const load = await borrowing(house, logins)
  await until('its breaker in the status', () => breaker, BREAKER_MS)
  isOver = true
  await Promise.all([wild, looks])
  await until('the wild one answers again', async () => house.recover(await house.tryWild('a wrong password')).catch(() => false), AGAIN_MS)
  const last = tried.slice(-WILD_AT_ONCE)
  let recovered = 0
  for (const one of last) if (await house.recover(one).catch(() => false)) recovered += 1
  const stuck = tried.filter(({ begun, page }) => !page.has('form-password') && !page.html.includes(begun.base)).length
  const { thread } = (await house.status()).find(({ id }) => id === 'wild') ?? {}
  return { what: ways.join(', '), ...load, tried: tried.length, stuck, again: last.length, recovered, breaker, ended: thread?.ended ?? 0 }
}
