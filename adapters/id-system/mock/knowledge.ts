import type { ClaimValue, Json, KnowledgeForm } from '../plugin.ts'
import type { MockPerson } from './people.ts'
import { keyed, same } from '../plugin-key.ts'

/** What the mock asks: what its register has of everybody. */
export const FORM: KnowledgeForm = {
  schema: {
    type: 'object',
    properties: { full_name: { type: 'string', maxLength: 100 }, birthdate: { type: 'string', format: 'date' } },
    required: ['full_name', 'birthdate'],
    additionalProperties: false,
  },
  titles: {
    full_name: {
      en: 'Full name',
      fr: 'Nom complet',
      ar: 'الاسم الكامل',
      hi: 'पूरा नाम',
      km: 'ឈ្មោះពេញ',
      kn: 'ಪೂರ್ಣ ಹೆಸರು',
      ta: 'முழுப் பெயர்',
    },
    birthdate: {
      en: 'Date of birth',
      fr: 'Date de naissance',
      ar: 'تاريخ الميلاد',
      hi: 'जन्म तिथि',
      km: 'ថ្ងៃខែឆ្នាំកំណើត',
      kn: 'ಹುಟ್ಟಿದ ದಿನಾಂಕ',
      ta: 'பிறந்த தேதி',
    },
  },
}

/** As many spellings are compared for everybody, so that it takes as long (rule 22). */
const SPELLINGS_MAX = 12

/**
 * The letters of a name whatever their case, accents (of Latin letters only: in other scripts such marks are vowels), order of words
 * and signs between them.
 */
export const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
    .sort()
    .join(' ')

const spellingsOf = (name: ClaimValue | undefined): readonly string[] => {
  if (typeof name === 'string') return [name]
  if (typeof name !== 'object' || name === null || !('languages' in name)) return []
  return Object.values(name.languages as Readonly<Record<string, string>>)
}

const read = (proof: string): { readonly [name: string]: unknown } => {
  try {
    const answers = JSON.parse(proof) as Json
    return typeof answers === 'object' && answers !== null && !Array.isArray(answers) ? (answers as { readonly [name: string]: Json }) : {}
  } catch {
    return {}
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Whether the answers are those of this person: the same work for everybody, known or not (rule 22). */
export const knows = (key: Uint8Array, person: MockPerson | undefined, proof: string): boolean => {
  const answers = read(proof)
  const given = keyed(key, 'knows', plainName(textOf(answers['full_name'])), textOf(answers['birthdate']))
  const names = spellingsOf(person?.claims['name']).slice(0, SPELLINGS_MAX)
  const birthdate = textOf(person?.claims['birthdate'])
  let isRight = false
  for (let index = 0; index < SPELLINGS_MAX; index += 1) {
    const name = plainName(names[index] ?? '')
    const equal = same(given, keyed(key, 'knows', name, birthdate))
    if (equal && name !== '' && birthdate !== '') isRight = true
  }
  return isRight
}
