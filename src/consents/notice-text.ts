import type { Json } from '../../domain/ports.ts'

type Artefact = { readonly [member: string]: Json }

const isText = (value: Json | undefined): value is string => typeof value === 'string'

/** The pieces of the page, byte for byte as they were shown. Those of before version 3 kept the sentences and no page. */
export const piecesOf = (notice: Artefact): readonly string[] => {
  const { markup, sentences } = notice
  if (Array.isArray(markup)) return markup.filter(isText)
  return typeof sentences === 'object' && sentences !== null ? Object.values(sentences).filter(isText) : []
}

/** A whole document for a browser, without style and script: what was shown and nothing besides. The buttons do nothing. */
export const documentOf = (notice: Artefact): string => {
  const [language, direction] = [notice['language'], notice['direction']].map((value) => (isText(value) ? value : ''))
  const open = `<!doctype html><html lang="${language ?? ''}" dir="${direction ?? ''}"><head><meta charset="utf-8"><title>Notice</title></head>`
  return `${open}<body>${piecesOf(notice).join('\n')}</body></html>\n`
}

/** The entities that the pages write. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#96;': '`',
  '&#10;': ' ',
  '&#9;': ' ',
}

const plain = (markup: string): string =>
  markup
    .replace(/<svg.*?<\/svg>/gs, '')
    .replace(/<a href="(https?:[^"]*)"[^>]*>(.*?)<\/a>/gs, '$2 ($1)')
    .replace(/<li[^>]*>/g, '\n- ')
    .replace(/<input type="checkbox"[^>]*>/g, '[ ] ')
    .replace(/<button[^>]*>/g, '\n[ ')
    .replace(/<\/button>/g, ' ]\n')
    .replace(/<(h1|h2|legend|summary|figcaption|p|ul|blockquote)\b[^>]*>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:amp|lt|gt|quot|#39|#96|#10|#9);/g, (entity) => ENTITIES[entity] ?? '')

/** The words for a terminal, in the order of the page. A box was to be ticked, square brackets are buttons. */
export const wordsOfNotice = (notice: Artefact): readonly string[] =>
  piecesOf(notice)
    .flatMap((piece) => plain(piece).split('\n'))
    .map((line) => line.replace(/[ \t]+/g, ' ').trim())
    .filter((line) => line !== '' && line !== '-')
