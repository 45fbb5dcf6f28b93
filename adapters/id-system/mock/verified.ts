import type { Json, VerifiedDescription, VerifiedFacts } from '../plugin.ts'
import type { MockPerson } from './people.ts'

/** How Almaria verifies people: at the desk of the civil register, or by the bank where somebody opened an account. */
export const VERIFIED: VerifiedDescription = {
  trustFrameworks: [
    {
      id: 'almaria_civil_register',
      name: {
        en: 'Civil register of Almaria',
        fr: 'Registre civil d’Almarie',
        ar: 'السجل المدني في ألماريا',
        hi: 'अल्मारिया का नागरिक रजिस्टर',
        km: 'បញ្ជីអត្រានុកូលដ្ឋានអាល់ម៉ារីយ៉ា',
        kn: 'ಅಲ್ಮಾರಿಯಾದ ನಾಗರಿಕ ನೋಂದಣಿ',
        ta: 'அல்மாரியா குடிமைப் பதிவேடு',
      },
    },
    {
      id: 'almaria_aml',
      name: {
        en: 'Bank law of Almaria against money laundering',
        fr: 'Loi bancaire d’Almarie contre le blanchiment',
        ar: 'قانون ألماريا المصرفي لمكافحة غسل الأموال',
        hi: 'अल्मारिया का धन-शोधन विरोधी बैंक क़ानून',
        km: 'ច្បាប់ធនាគារអាល់ម៉ារីយ៉ាប្រឆាំងការសម្អាតប្រាក់',
        kn: 'ಅಲ್ಮಾರಿಯಾದ ಹಣ ಅಕ್ರಮ ವರ್ಗಾವಣೆ ತಡೆ ಬ್ಯಾಂಕ್ ಕಾನೂನು',
        ta: 'அல்மாரியாவின் பணமோசடி தடுப்பு வங்கிச் சட்டம்',
      },
    },
  ],
  claims: ['name', 'given_name', 'family_name', 'gender', 'birthdate', 'phone_number', 'email', 'address'],
  evidence: ['document', 'electronic_record', 'vouch', 'electronic_signature'],
  documents: ['idcard', 'passport'],
  documentCheckMethods: ['vpip', 'vdig', 'pvp'],
  electronicRecords: ['population_register', 'bank_account'],
}

const part = (members: { readonly [member: string]: Json }, wanted: readonly string[]): readonly (readonly [string, Json])[] =>
  Object.entries(members).filter(([name]) => wanted.includes(name))

/** Evidence of which a relying party that asks for other claims learns nothing by way of what was derived from it. */
const evidenceFor = (evidence: Json | undefined, wanted: readonly string[]): readonly Json[] =>
  (Array.isArray(evidence) ? (evidence as readonly { readonly [member: string]: Json }[]) : []).map(
    ({ derived_claims: derived, ...rest }) => {
      const kept = part((derived ?? {}) as { readonly [member: string]: Json }, wanted)
      return kept.length === 0 ? rest : { ...rest, derived_claims: Object.fromEntries(kept) }
    },
  )

/** What was verified of the wanted claims, in every way in which it was. */
export const verifiedOf = ({ claims, verified = [] }: MockPerson, wanted: readonly string[]): readonly VerifiedFacts[] =>
  verified.flatMap(({ verification, claims: covered }) => {
    const names = covered.filter((name) => wanted.includes(name) && Object.hasOwn(claims, name))
    const facts = Object.fromEntries(Object.entries(claims).filter(([name]) => names.includes(name)))
    const { evidence, ...rest } = verification
    const told = evidence === undefined ? rest : { ...rest, evidence: evidenceFor(evidence, names) }
    return names.length === 0 ? [] : [{ verification: told, claims: facts }]
  })
