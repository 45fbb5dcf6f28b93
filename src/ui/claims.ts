import { claimNamed } from '../../domain/verified/names.ts'
import { clip, type Html, html, type Part } from './html.ts'
import { type Say, type TextKey, TEXTS } from './text.ts'
import type { Language } from './views.ts'

type Kind = 'claim' | 'scope'

const NAME_MAX = 60

const isKey = (key: string): key is TextKey => key in TEXTS.en

/** A technical name may break after an underscore, not inside a word. */
const breakable = (name: string): Part => name.split(/(?<=_)/).map((part, index) => [index > 0 && html`<wbr />`, part])

const languageName = (tag: string, language: Language): string => {
  try {
    return new Intl.DisplayNames(language, { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}

/** What a claim or scope is called. `name#fr` is the name in French; what we have no word for goes by its technical name. */
export const labelOf = (kind: Kind, name: string, say: Say, language: Language): Html => {
  const [base = '', tag] = claimNamed(name).split('#', 2)
  const key = `${kind}.${base}`
  const label = isKey(key) ? say(key) : html`<bdi class="mono" dir="ltr">${breakable(clip(base, NAME_MAX))}</bdi>`
  return tag === undefined ? label : html`${label} (<bdi>${clip(languageName(tag, language), NAME_MAX)}</bdi>)`
}

/** A few words on what a scope holds, where we have them. */
export const hintOf = (kind: Kind, name: string, say: Say): Html | undefined => {
  const key = `${kind}.${claimNamed(name)}.hint`
  return isKey(key) ? say(key) : undefined
}

/** An id that is valid in HTML and unique on the page, whatever the name is. Plain names keep their name. */
export const idOf = (prefix: string, name: string, index: number): string =>
  /^[A-Za-z0-9_-]{1,64}$/.test(name) ? `${prefix}-${name}` : `${prefix}.${index}`
