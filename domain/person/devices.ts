import type { PersonCommand, PersonEvent } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'
import type { Digest, Instant } from '../ports.ts'
import { plusSeconds } from '../time.ts'

type Device = Extract<PersonEvent, { type: 'DeviceTrusted' }>['data']['devices'][number]

/** Devices that a person called their own: stream `person-<ref>.devices` (rule 21). */
export type DevicesState = readonly Device[]
export type DevicesCommand = Extract<PersonCommand, { type: 'TrustDevice' | 'RenewDevice' }>

const DEVICES_MAX = 5

/** Seconds that a secret still counts after its successor was made: the answer that carried that one may be lost, or another window open. */
const GRACE_S = 600

const isKnown = (known: Device, device: Digest, at: Instant): boolean => known.digest === device && at < known.until

export const trusts = (state: DevicesState, device: Digest, at: Instant): boolean => state.some((known) => isKnown(known, device, at))

const sooner = (one: Instant, other: Instant): Instant => (one < other ? one : other)

export const devices: Decider<DevicesState, DevicesCommand, unknown, PersonEvent> = {
  initialState: [],
  decide: (command, state) => {
    const { at } = command
    const rest = (...without: readonly Digest[]) => state.filter(({ digest, until }) => !without.includes(digest) && at < until)
    const first = (...next: readonly Device[]) => next.slice(0, DEVICES_MAX)
    if (command.type === 'TrustDevice') {
      // The newest five are kept; one that is trusted again moves to the front.
      const next = first({ digest: command.device, until: command.until }, ...rest(command.device))
      return recorded({ type: 'DeviceTrusted', data: { devices: next } })
    }
    const before = state.find((known) => isKnown(known, command.replaces, at))
    // What nobody trusts any more is not renewed, and trust lasts no longer by it.
    if (before === undefined) return recorded()
    const renewed = { digest: command.device, until: before.until }
    const last = { digest: before.digest, until: sooner(before.until, plusSeconds(at, GRACE_S)) }
    const next = first(renewed, ...rest(command.device, before.digest), last)
    return recorded({ type: 'DeviceRenewed', data: { devices: next } })
  },
  evolve: (state, event) => (event.type === 'DeviceTrusted' || event.type === 'DeviceRenewed' ? event.data.devices : state),
}
