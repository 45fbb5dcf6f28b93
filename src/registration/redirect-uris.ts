export type RedirectsRead = { readonly uris: readonly string[]; readonly hosts: readonly string[]; readonly problems: readonly string[] }

/** RFC 8252 §7.3 and §8.3: plain http never leaves the machine on these. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
const URIS_MAX = 20
const CHARACTERS_MAX = 2000

/** Printable ASCII without what browsers and servers read differently. */
const PLAIN = /^[\x21-\x7e]+$/
const ODD = /[\\<>"`{}|^]/

const parsed = (uri: string): URL | undefined => (URL.canParse(uri) ? new URL(uri) : undefined)

const problemOf = (uri: unknown): string | undefined => {
  if (typeof uri !== 'string' || uri.length === 0 || uri.length > CHARACTERS_MAX) return 'must be text'
  if (!PLAIN.test(uri) || ODD.test(uri)) return 'has characters that do not belong into a URL'
  if (uri.includes('*')) return 'must not have a wildcard: it is matched exactly'
  if (uri.includes('#')) return 'must not have a fragment (RFC 6749 §3.1.2)'
  const url = parsed(uri)
  if (url === undefined) return 'must be an absolute URL'
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/?]*@/.test(uri)) return 'must not hold a user name or password'
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) return 'must be https; http only on localhost, 127.0.0.1 or [::1]'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be https'
  return undefined
}

/** Redirect URIs as they were handed in, since they are matched exactly; their hosts; and all that is wrong with them. */
export const readRedirectUris = (value: unknown): RedirectsRead => {
  if (!Array.isArray(value) || value.length === 0 || value.length > URIS_MAX)
    return { uris: [], hosts: [], problems: [`redirect_uris: must be a list of 1 to ${URIS_MAX} URLs`] }
  const problems = value.flatMap((uri: unknown, index) => {
    const problem = problemOf(uri)
    return problem === undefined ? [] : [`redirect_uris[${index}]: ${problem}`]
  })
  const uris = value.filter((uri): uri is string => typeof uri === 'string')
  const twice = new Set(uris).size < uris.length ? ['redirect_uris: the same URL stands in it twice'] : []
  const hosts = [...new Set(uris.flatMap((uri) => parsed(uri)?.hostname ?? []))]
  return { uris, hosts, problems: [...problems, ...twice] }
}
