import { request as httpRequest, Agent } from 'node:http'

/** No connection is kept, so that a broker that was killed leaves none behind. */
const agent = new Agent({ keepAlive: false })
const REPLY_MS = 30_000

export type Sent = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
}

export type Got = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies: readonly string[]
  readonly body: string
}

/** One request, with exactly the headers that are given. */
export const send = (origin: string, { method = 'GET', path, headers = {}, body }: Sent): Promise<Got> =>
  new Promise((resolve, reject) => {
    const { port, host } = new URL(origin)
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const all = { host, ...length, ...headers } as Record<string, string | string[]>
    const sending = httpRequest({ host: '127.0.0.1', port, method, path, headers: all, agent, timeout: REPLY_MS }, (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('error', reject)
      reply.on('end', () => {
        const { 'set-cookie': cookies = [], ...rest } = reply.headers
        const single = Object.entries(rest).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const)
        resolve({ status: reply.statusCode ?? 0, headers: Object.fromEntries(single), cookies, body: Buffer.concat(chunks).toString() })
      })
    })
    sending.on('timeout', () => sending.destroy(new Error(`${method} ${path}: no answer within ${REPLY_MS} ms`)))
    sending.on('error', reject)
    sending.end(body)
  })

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescape = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([a-z]+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    return ENTITIES[name ?? ''] ?? whole
  })

const attributesOf = (tag: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...tag.matchAll(/\s([a-z-]+)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/gi)].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      unescape(double ?? single ?? bare ?? ''),
    ]),
  )

export type Field = { readonly name: string; readonly value: string; readonly type: string; readonly checked: boolean }
export type Form = {
  readonly id: string
  readonly action: string
  readonly method: string
  readonly fields: readonly Field[]
  readonly buttons: readonly { readonly id: string; readonly name: string; readonly value: string }[]
}

/** The forms of a page of ours. */
export const formsOf = (html: string): readonly Form[] =>
  [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head = '', inner = '']) => {
    const form = attributesOf(` ${head}`)
    const tags = (name: string): readonly Readonly<Record<string, string>>[] =>
      [...inner.matchAll(new RegExp(`<${name}\\b([^>]*)>`, 'gi'))].map(([, tag = '']) => attributesOf(` ${tag}`))
    const fields = tags('input').map((tag) => ({
      name: tag['name'] ?? '',
      value: tag['value'] ?? (tag['type'] === 'checkbox' || tag['type'] === 'radio' ? 'on' : ''),
      type: tag['type'] ?? 'text',
      checked: tag['checked'] !== undefined,
    }))
    const buttons = tags('button').map((tag) => ({ id: tag['id'] ?? '', name: tag['name'] ?? '', value: tag['value'] ?? '' }))
    return { id: form['id'] ?? '', action: form['action'] ?? '', method: (form['method'] ?? 'get').toLowerCase(), fields, buttons }
  })

export type Page = {
  /** Where it ended: of the broker, or the first address elsewhere. */
  readonly url: URL
  readonly status: number
  readonly headers: Got['headers']
  readonly html: string
  readonly form: (id: string) => Form
  readonly has: (id: string) => boolean
}

export type Fill = { readonly values?: Readonly<Record<string, string>>; readonly tick?: readonly string[]; readonly button?: string }

const REDIRECTS_MAX = 10

const encode = (pairs: readonly (readonly [string, string])[]): string =>
  new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()

/** What a browser would post. */
export const pairsOf = (form: Form, { values = {}, tick = [], button }: Fill = {}): readonly (readonly [string, string])[] => {
  const fields = form.fields.flatMap(({ name, value, type, checked }): readonly (readonly [string, string])[] => {
    if (name === '') return []
    if (type === 'radio') return (name in values ? values[name] === value : checked) ? [[name, value]] : []
    if (type === 'checkbox') return checked || tick.includes(value) ? [[name, value]] : []
    return [[name, values[name] ?? value]]
  })
  const pressed = form.buttons.find(({ id }) => button === undefined || id === button)
  if (button !== undefined && pressed === undefined) throw new Error(`no button ${button} in form ${form.id}`)
  return pressed === undefined || pressed.name === '' ? fields : [...fields, [pressed.name, pressed.value]]
}

/**
 * A browser without a screen: it keeps cookies for one origin, follows redirects on it, sends the headers that browsers send, and
 * stops where it is led elsewhere.
 */
export type ScriptedBrowser = {
  readonly cookies: Map<string, string>
  /** Everything that it was shown, for a search. */
  readonly seen: string[]
  readonly get: (path: string | URL, headers?: Readonly<Record<string, string>>) => Promise<Page>
  readonly post: (path: string, pairs: readonly (readonly [string, string])[], headers?: Readonly<Record<string, string>>) => Promise<Page>
  readonly submit: (page: Page, formId: string, fill?: Fill) => Promise<Page>
}

const pageOf = (url: URL, got: Got): Page => {
  const forms = formsOf(got.body)
  return {
    url,
    status: got.status,
    headers: got.headers,
    html: got.body,
    has: (id) => new RegExp(`\\sid=["']?${id}["'\\s>]`).test(got.body),
    form: (id) => {
      const found = forms.find((form) => form.id === id)
      if (found === undefined) throw new Error(`no form ${id} at ${url.pathname} (${got.status}): ${titleOf(got.body)}`)
      return found
    },
  }
}

export const titleOf = (html: string): string => unescape(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? html.slice(0, 300))

/** `cookies` of another browser's jar may be handed in, to begin where it stands. */
export const scriptedBrowser = (origin: string, jar: ReadonlyMap<string, string> = new Map()): ScriptedBrowser => {
  const cookies = new Map(jar)
  const seen: string[] = []

  const keep = (lines: readonly string[]): void => {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*max-age=0\b/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
  }
  const once = async (sent: Sent): Promise<Got> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const got = await send(origin, { ...sent, headers: { ...(cookie !== '' && { cookie }), ...sent.headers } })
    keep(got.cookies)
    seen.push(got.body, JSON.stringify(got.headers))
    return got
  }
  const follow = async (sent: Sent): Promise<Page> => {
    let url = new URL(sent.path, origin)
    let got = await once(sent)
    for (let redirects = 0; redirects < REDIRECTS_MAX; redirects += 1) {
      const { location } = got.headers
      if (location === undefined || got.status < 300 || got.status > 399) return pageOf(url, got)
      url = new URL(location, url)
      if (url.origin !== origin) return pageOf(url, got)
      got = await once({ path: `${url.pathname}${url.search}`, headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' } })
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects from ${sent.path}`)
  }
  const get: ScriptedBrowser['get'] = (path, headers = {}) => {
    const { pathname, search } = new URL(path, origin)
    return follow({ path: `${pathname}${search}`, headers })
  }
  const post: ScriptedBrowser['post'] = (path, pairs, headers = {}) =>
    follow({
      method: 'POST',
      path,
      body: encode(pairs),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin, 'sec-fetch-site': 'same-origin', ...headers },
    })
  return { cookies, seen, get, post, submit: (page, formId, fill) => post(page.form(formId).action, pairsOf(page.form(formId), fill)) }
}
