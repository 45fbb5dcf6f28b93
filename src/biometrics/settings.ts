import type { CaptureDemand, FactorOffer, Modality } from '../../domain/ports.ts'
import type { Config } from '../../schemas/generated.ts'

type Given = NonNullable<Config['sbi']>

/** What a deployment set for readers, complete; most members as the schema has them. */
export type SbiSettings = Required<Pick<Given, 'env' | 'freshS' | 'skewS'>> & {
  readonly domainUri?: string
  readonly port: { readonly range: string }
  readonly timeout: { readonly DISC: number; readonly DINFO: number; readonly CAPTURE: number }
  readonly capture: {
    readonly count: Readonly<Record<Lower, number>>
    readonly score: Readonly<Record<Lower, number>>
    readonly deviceSubId: string
  }
  readonly bio?: Given['bio']
  readonly trust: { readonly devices?: string; readonly modules?: string; readonly refused: readonly string[] }
}

type Lower = 'face' | 'finger' | 'iris'

/** Of a range; the page asks each of them. */
const PORTS_MAX = 100

const LOWER: Readonly<Record<Modality, Lower>> = { Face: 'face', Finger: 'finger', Iris: 'iris' }

/** What is asked of a reader for one modality, and demanded of its answer. */
export type Wanted = CaptureDemand & {
  /** Empty for a face, which has none. */
  readonly subtypes: readonly string[]
}

/** The ports of a range, ends included; none where it is no range of at most a hundred ports. */
export const portsOf = (range: string): readonly number[] => {
  const [from = 0, to = 0] = range.split('-').map(Number)
  if (from < 1024 || to > 65_535 || to < from || to - from >= PORTS_MAX) return []
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

const UNKNOWN = ['UNKNOWN']

const subtypesOf = ({ bio }: SbiSettings, modality: Modality): readonly string[] => {
  if (modality === 'Face') return []
  return bio?.subtypes?.[modality === 'Iris' ? 'iris' : 'finger'] ?? UNKNOWN
}

/** For each modality that the ID system takes: the greater of what the settings and what the ID system ask. */
export const wantedOf = (
  settings: SbiSettings,
  { modalities = [], demands }: Pick<FactorOffer, 'modalities' | 'demands'>,
): ReadonlyMap<Modality, Wanted> =>
  new Map(
    modalities.map((modality) => {
      const { count, score } = settings.capture
      const lower = LOWER[modality]
      const demand = demands?.[modality]
      return [
        modality,
        {
          count: Math.max(count[lower], demand?.count ?? 0),
          scoreMin: Math.max(score[lower], demand?.scoreMin ?? 0),
          subtypes: subtypesOf(settings, modality),
        },
      ]
    }),
  )
