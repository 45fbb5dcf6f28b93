import { join } from 'node:path'
import { startBroker, type BrokerProcess } from '../support/broker.ts'
import { begin, newParty, register, type Party } from '../support/rp.ts'
import type { Page } from '../support/scripted-browser.ts'

/** What an identifier can be to an ID system, by its first digit at `id-system.ts`. */
export const KINDS = ['known', 'unknown', 'blocked'] as const
export type Kind = (typeof KINDS)[number]

/** What an attacker can ask: for a message, and for what a proof is worth. */
export const ASKED = ['a wished message', 'a wrong PIN'] as const
export type Asked = (typeof ASKED)[number]

/** How long each answer took, milliseconds, and every status that was seen. */
export type Measured = {
  readonly ms: Readonly<Record<Asked, Readonly<Record<Kind, readonly number[]>>>>
  readonly statuses: ReadonlySet<string>
}

const timed = async (act: () => Promise<Page>): Promise<{ readonly page: Page; readonly ms: number }> => {
  const began = performance.now()
  const page = await act()
  return { page, ms: performance.now() - began }
}

const idOf = (kind: Kind, number: number): string => `${String(KINDS.indexOf(kind) + 1)}${String(number).padStart(9, '0')}`

const wishMessage = async (broker: BrokerProcess, party: Party, id: string) => {
  const { browser, page } = await begin(broker, party)
  return timed(() => browser.submit(page, 'form-choose', { values: { individual_id: id, factor: 'otp' } }))
}

const handInPin = async (broker: BrokerProcess, party: Party, id: string) => {
  const { browser, page } = await begin(broker, party)
  const asked = await browser.submit(page, 'form-choose', { values: { individual_id: id, factor: 'pin' } })
  return timed(() => browser.submit(asked, 'form-pin', { values: { pin: '135790' } }))
}

/** So many answers of each kind, in turn, from so many attackers at once; nobody is asked about twice. */
export const measure = async (each: number, atOnce: number, shown: (done: number) => void = () => undefined): Promise<Measured> => {
  const broker = await startBroker({
    ESIGNET_PLUGIN_MODULE: join(import.meta.dirname, 'id-system.ts'),
    ESIGNET_REQUESTS_PER_MINUTE: '1000000',
    // What is asked of unknown devices then would hide what is measured.
    ESIGNET_GUARD_WHEN: 'never',
  })
  const none = (): Record<Kind, number[]> => ({ known: [], unknown: [], blocked: [] })
  const ms = { 'a wished message': none(), 'a wrong PIN': none() }
  const statuses = new Set<string>()
  try {
    const party = await register(broker, await newParty('shop'))
    let next = 0
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let turn = next++; turn < each * KINDS.length; turn = next++) {
          const kind = KINDS[turn % KINDS.length] ?? 'known'
          for (const [index, asked] of ASKED.entries()) {
            const seen = await (index === 0 ? wishMessage : handInPin)(broker, party, idOf(kind, 2 * turn + index))
            ms[asked][kind].push(seen.ms)
            statuses.add(`${asked}: ${String(seen.page.status)} ${String(seen.page.has('form-otp'))} ${String(seen.page.has('form-pin'))}`)
          }
          if (turn % 300 === 0) shown(turn)
        }
      }),
    )
    return { ms, statuses }
  } finally {
    await broker.end()
  }
}
