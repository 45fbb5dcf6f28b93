import type { PersonCommand, PersonEvent } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'
import type { Digest, Instant } from '../ports.ts'

type Device = Extract<PersonEvent, { type: 'DeviceTrusted' }>['data']['devices'][number]

/** Devices that a person called their own: stream `person-<ref>.devices` (rule 21). */
export type DevicesState = readonly Device[]
export type DevicesCommand = Extract<PersonCommand, { type: 'TrustDevice' }>

const DEVICES_MAX = 5

export const trusts = (state: DevicesState, device: Digest, at: Instant): boolean =>
  state.some((known) => known.digest === device && at < known.until)

export const devices: Decider<DevicesState, DevicesCommand, unknown, PersonEvent> = {
  initialState: [],
  /** The newest five are kept; one that is trusted again moves to the front. */
  decide: (command, state) => {
    const others = state.filter((known) => known.digest !== command.device && command.at < known.until)
    const next = [{ digest: command.device, until: command.until }, ...others].slice(0, DEVICES_MAX)
    return recorded({ type: 'DeviceTrusted', data: { devices: next } })
  },
  evolve: (state, event) => (event.type === 'DeviceTrusted' ? event.data.devices : state),
}
