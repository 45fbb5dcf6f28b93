import { Fault, type Position } from '../../../domain/ports.ts'

/** Where an event lies in the server's log. A subscription resumes from both. */
export type LogPosition = { readonly commit: bigint; readonly prepare: bigint }

const DIGITS = 20
const WRITTEN = /^([0-9]{20})\.([0-9]{20})$/

/** Padded, so that positions compare as strings; 20 digits hold every 64-bit number. */
export const positionOf = ({ commit, prepare }: LogPosition): Position =>
  `${String(commit).padStart(DIGITS, '0')}.${String(prepare).padStart(DIGITS, '0')}`

export const logPositionOf = (position: Position): LogPosition => {
  const [, commit, prepare] = WRITTEN.exec(position) ?? []
  if (commit === undefined || prepare === undefined) throw new Fault('invalid', 'a position is one that this store gave')
  return { commit: BigInt(commit), prepare: BigInt(prepare) }
}
