import { randomInt } from 'node:crypto'
import type { IdaPerson } from './people.ts'

/** IDA's defaults where it has one: seconds, wrong codes in a row, and for how long a number is frozen then. */
const VALID_MS = 180_000
const WRONG_MAX = 5
const FROZEN_MS = 1_800_000
const FLOOD_MS = 60_000

export type SentCode = {
  readonly transaction: string
  readonly uin: string
  readonly otp: string
  readonly channels: readonly string[]
  readonly at: string
}

type Trials = { readonly wrong: number; readonly frozenUntil: number }

export type Codes = {
  /** Channels that a code went to, or IDA's code. */
  readonly send: (person: IdaPerson, transaction: string, channels: readonly string[]) => readonly string[] | string
  /** Undefined where it is right, else IDA's code. */
  readonly problem: (person: IdaPerson, transaction: string, otp: string) => string | undefined
  readonly sent: () => readonly SentCode[]
}

/** One-time codes as IDA has them: of a number and a transaction, for 180 s, used up when right; too many wrong ones freeze the number. */
export const codesOf = (now: () => number, floodMax: number): Codes => {
  const sent: SentCode[] = []
  const used = new Set<SentCode>()
  const trials = new Map<string, Trials>()
  const trialsOf = ({ uin }: IdaPerson): Trials => trials.get(uin) ?? { wrong: 0, frozenUntil: 0 }

  return {
    send: (person, transaction, channels) => {
      if (trialsOf(person).frozenUntil > now()) return 'IDA-OTA-006'
      const recent = sent.filter(({ uin, at }) => uin === person.uin && Date.parse(at) > now() - FLOOD_MS)
      if (recent.length >= floodMax) return 'IDA-OTA-001'
      const reached = channels.filter((channel) => (channel === 'email' ? person.email : person.phone) !== undefined)
      if (reached.length === 0) return 'IDA-MLC-014'
      const otp = String(randomInt(1_000_000)).padStart(6, '0')
      sent.unshift({ transaction, uin: person.uin, otp, channels: reached, at: new Date(now()).toISOString() })
      return reached
    },
    problem: (person, transaction, otp) => {
      const { wrong, frozenUntil } = trialsOf(person)
      if (frozenUntil > now()) return 'IDA-OTA-007'
      const code = sent.find((one) => one.transaction === transaction && one.uin === person.uin)
      if (code === undefined || used.has(code)) return 'IDA-OTA-005'
      if (Date.parse(code.at) + VALID_MS <= now()) return 'IDA-OTA-003'
      if (code.otp !== otp) {
        trials.set(person.uin, { wrong: wrong + 1, frozenUntil: wrong + 1 >= WRONG_MAX ? now() + FROZEN_MS : 0 })
        return 'IDA-OTA-004'
      }
      used.add(code)
      trials.delete(person.uin)
      return undefined
    },
    sent: () => sent,
  }
}
