import { uuidv5 } from '../crypto/hash.ts'
import type { World } from '../world.ts'
import type { Act } from './act.ts'
import type { Digest, Json } from '../../domain/ports.ts'
import { TEXTS } from '../ui/text.ts'
import type { Language } from '../ui/views.ts'

/** Of the consent page's wording. A change of what the page says is a new version, and everybody is asked again (rule 28). */
export const NOTICE_VERSION = '1'

/** Every sentence that the consent page can show, and the names of what it lists. */
const sentencesOf = (language: Language): { readonly [key: string]: string } =>
  Object.fromEntries(Object.entries(TEXTS[language]).filter(([key]) => /^(consent|claim|scope)\./.test(key)))

/** The notice that the person was shown, as an artefact: version, language and every sentence (rule 6). Kept before the event that cites it. */
export const noticeOf = (world: World, act: Act, language: Language): Promise<Digest> => {
  const content: { readonly [member: string]: Json } = { version: NOTICE_VERSION, language, sentences: sentencesOf(language) }
  return world.journal.keepArtefact('notice', content, act.at, uuidv5(act.id, `KeepArtefact:notice:${language}`))
}
