/** A page taken apart, strictly: what the pages write is well-formed, so a stack is enough. */
export type Tag = { readonly name: string; readonly attributes: ReadonlyMap<string, string>; readonly opens: boolean }

const VOID = new Set(['meta', 'link', 'input', 'img', 'br', 'wbr', 'path', 'circle', 'rect'])

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<]*")?)*)\s*(\/?)>/g
const ATTRIBUTE = /([a-zA-Z][a-zA-Z0-9-]*)(?:="([^"<]*)")?/g

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#96': '`',
  '#10': '\n',
  '#9': '\t',
}

export const decode = (text: string): string => text.replace(/&([#a-z0-9]+);/g, (whole, name: string) => entities[name] ?? whole)

/** Throws where a tag is not closed, a stray `<` or `>` stands in text, or an attribute is not quoted. */
export const tagsOf = (page: string): readonly Tag[] => {
  const tags: Tag[] = []
  const open: string[] = []
  const body = page.replace(/^\s*<!doctype html>/, '')
  const left = body.replace(TAG, (_whole, slash: string, name: string, attributes: string, selfClosing: string) => {
    if (slash === '/') {
      const last = open.pop()
      if (last !== name) throw new Error(`</${name}> closes <${String(last)}>`)
      tags.push({ name, attributes: new Map(), opens: false })
      return ''
    }
    const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, key = '', value = '']) => [key, decode(value)] as const)
    const map = new Map(pairs)
    if (map.size !== pairs.length) throw new Error(`<${name}> has an attribute twice: ${attributes}`)
    tags.push({ name, attributes: map, opens: true })
    if (!VOID.has(name) && selfClosing === '') open.push(name)
    return ''
  })
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`)
  const stray = /[<>]/.exec(left)
  if (stray !== null) throw new Error(`stray ${stray[0]} near ${left.slice(Math.max(0, stray.index - 40), stray.index + 40)}`)
  return tags
}

export const textOf = (page: string): string => decode(page.replace(/<[^>]*>/g, ''))

/** Element and attribute names in order: what a text must not be able to change. */
export const skeleton = (page: string): string =>
  tagsOf(page)
    .map(({ name, attributes, opens }) => `${opens ? '' : '/'}${name} ${[...attributes.keys()].join(' ')}`)
    .join('\n')
