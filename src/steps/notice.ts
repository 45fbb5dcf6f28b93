import { uuidv5 } from '../crypto/hash.ts'
import type { World } from '../world.ts'
import type { Act } from './act.ts'
import type { Digest } from '../../domain/ports.ts'
import { noticeSentences } from '../ui/text.ts'
import type { Language } from '../ui/views.ts'

/** Of the consent page's wording. A change of what the page says is a new version, and everybody is asked again (rule 28). */
export const NOTICE_VERSION = '2'

/** The notice that the person was shown, as an artefact: version, language and every sentence (rule 6). Kept before the event that cites it. */
export const noticeOf = (world: World, act: Act, language: Language): Promise<Digest> => {
  const content = { version: NOTICE_VERSION, language, sentences: noticeSentences(language) }
  return world.journal.keepArtefact('notice', content, act.at, uuidv5(act.id, `KeepArtefact:notice:${language}`))
}
