import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAuthority, stranger } from './authority.ts'
import { isFault, type Fault } from './faults.ts'
import { READERS, serveReaders, type Mood, type Running } from './service.ts'
import type { Modality } from '../../../domain/ports.ts'

export type ReadersWish = {
  /** The broker's data folder: keys and certificates stand below it, and the mock's own folder. */
  readonly data: string
  readonly people: string
  readonly types: readonly Modality[]
  readonly ports: readonly number[]
  /** Identifier of who is at the reader, and what goes wrong, until the control file says otherwise. */
  readonly person: string
  readonly fault: Fault | undefined
  readonly now: () => number
}

/** Below the broker's data folder. */
export const READERS_FOLDER = join('demo', 'sbi-device')

type Someone = { readonly ids: Readonly<Record<string, string>>; readonly biometrics?: string }
type Control = { readonly person?: string; readonly fault?: Fault }

/** `control.json`: `{"fault":"busy"}`, `{"person":"1774231323"}`, and `{}` to end it. What is no such thing changes nothing. */
const readControl = (file: string): Control => {
  try {
    const { person, fault } = JSON.parse(readFileSync(file, 'utf8')) as { readonly person?: unknown; readonly fault?: unknown }
    return { ...(typeof person === 'string' && { person }), ...(isFault(fault) && { fault }) }
  } catch {
    return {}
  }
}

const peopleIn = (file: string): readonly Someone[] =>
  (JSON.parse(readFileSync(file, 'utf8')) as { readonly people: readonly Someone[] }).people

const seedOf = (people: readonly Someone[], person: string): string =>
  people.find(({ ids }) => Object.values(ids).includes(person))?.biometrics ?? 'nobody'

/** Simulated readers, running. */
export const startReaders = async (wish: ReadersWish): Promise<Running> => {
  const { data, people: file, types, ports, person, fault, now } = wish
  const folder = join(data, READERS_FOLDER)
  const people = peopleIn(file)
  const authority = await openAuthority(folder, join(data, 'plugin'), now())
  const made = { authority, stranger: await stranger('Readers of Nowhere'), otherSeed: 'somebody-else', now }
  const control = join(folder, 'control.json')
  const mood = (): Mood => {
    const said = existsSync(control) ? readControl(control) : {}
    return { kit: { ...made, seed: seedOf(people, said.person ?? person) }, fault: said.fault ?? fault }
  }
  return serveReaders(
    READERS.filter(({ type }) => types.includes(type)),
    ports,
    mood,
  )
}
