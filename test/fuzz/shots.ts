import { sign, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { routes } from '../../src/http/routes.ts'
import type { Route } from '../../src/http/route.ts'
import type { Shot } from './wire.ts'

/** What an attacker has: a client of their own, a login of their own, and names that are public. */
export type Attacker = {
  readonly issuer: string
  readonly client: string
  readonly redirectUri: string
  readonly kid: string
  readonly key: KeyObject
  readonly dpopJwk: object
  readonly dpopKey: KeyObject
  /** Seconds since 1970. */
  readonly now: () => number
  /** Logins of their own: the transaction, its cookie, and the token of its forms. */
  readonly logins: readonly { readonly transaction: string; readonly cookie: string; readonly csrf: string }[]
  /** Transactions of others, which are public (rule 17), and clients of others. */
  readonly transactions: readonly string[]
  readonly clients: readonly string[]
}

type Schema = {
  readonly $ref?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly maxLength?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

const schemaOf = (name: string): Schema =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas', `${name}.json`), 'utf8')) as Schema
const common = (schemaOf('common') as { readonly $defs?: Readonly<Record<string, Schema>> }).$defs ?? {}

const NASTY = [
  ...['', ' ', '0', '-1', 'null', 'true', '{}', '[]', '{"userinfo":{"name":null}}', '__proto__', 'constructor', '../../etc/passwd', '%00'],
  ...[
    '\u0000',
    '\r\nset-cookie: a=b',
    '\u202eabc',
    '\ud800',
    'é'.repeat(50),
    'a'.repeat(5000),
    '<script>',
    "' OR 1=1 --",
    '${7*7}',
    'https://x',
  ],
  ...[
    'openid',
    'openid profile',
    'code',
    'S256',
    'plain',
    'query',
    'form_post',
    'none',
    'login',
    'pin',
    'otp',
    'password',
    'accept',
    'cancel',
  ],
  ...['{"id_token":{"acr":{"essential":true,"values":["x"]}}}', '{"userinfo":{"__proto__":{"essential":true}}}', '['.repeat(2000)],
]

const nasty = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 200 }),
  fc.json({ maxDepth: 3 }),
  fc.integer().map(String),
)

/** A value that fits the schema of a member, or nearly. */
const fitting = (schema: Schema): fc.Arbitrary<string> => {
  if (schema.$ref !== undefined) return fitting(common[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (typeof schema.const === 'string') return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map(String))
  if (schema.pattern !== undefined)
    return fc.stringMatching(new RegExp(schema.pattern)).map((text) => text.slice(0, schema.maxLength ?? 500))
  return fc.string({ maxLength: Math.min(schema.maxLength ?? 50, 60), minLength: 1 })
}

const percent = (text: string): string => encodeURIComponent(text.toWellFormed())

const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const jwt = (header: object, claims: object, key: KeyObject): string => {
  const input = `${b64(header)}.${b64(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** In every fourth a member or two made wrong, or left out. */
const bent = (members: fc.Arbitrary<Readonly<Record<string, unknown>>>): fc.Arbitrary<Readonly<Record<string, unknown>>> => {
  const change = fc.tuple(fc.nat(), fc.oneof(nasty, fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined)))
  const changes = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
  )
  return fc.tuple(members, changes).map(([object, bends]) => {
    const names = Object.keys(object)
    return { ...object, ...Object.fromEntries(bends.map(([n, value]) => [names[n % names.length] ?? 'x', value] as const)) }
  })
}

const assertionOf = (attacker: Attacker): fc.Arbitrary<string> => {
  const { issuer, client, kid, key, now } = attacker
  const header = bent(fc.record({ alg: fc.constant('ES256'), kid: fc.constant(kid) }))
  const claims = bent(fc.uuid().map((jti) => ({ iss: client, sub: client, aud: issuer, jti, iat: now(), exp: now() + 60 })))
  return fc.oneof(
    { weight: 8, arbitrary: fc.tuple(header, claims).map(([first, second]) => jwt(first, second, key)) },
    { weight: 1, arbitrary: nasty },
    { weight: 1, arbitrary: fc.tuple(nasty, nasty, nasty).map((parts) => parts.join('.')) },
  )
}

const proofOf = ({ issuer, dpopJwk, dpopKey, now }: Attacker, path: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      bent(fc.constant({ alg: 'ES256', typ: 'dpop+jwt', jwk: dpopJwk })),
      bent(fc.uuid().map((jti) => ({ jti, htm: 'POST', htu: `${issuer}${path}`, iat: now() }))),
    )
    .map(([header, claims]) => jwt(header, claims, dpopKey))

/** Values that lead further than chance does. */
const known = (attacker: Attacker): Readonly<Record<string, fc.Arbitrary<string>>> => {
  const transaction = fc.constantFrom(...attacker.transactions, ...attacker.logins.map((login) => login.transaction))
  const secret = fc.oneof(fc.constant(''), nasty, fc.base64String({ maxLength: 44 }))
  return {
    client_id: fc.constantFrom(attacker.client, attacker.client, attacker.client, ...attacker.clients),
    redirect_uri: fc.constant(attacker.redirectUri),
    scope: fc.constantFrom('openid', 'openid profile', 'openid email'),
    // What is read as JSON, and what must agree with something else, is wrong often enough by itself.
    claims: fc.oneof(
      fc.constantFrom('{"userinfo":{"name":null}}', '{"id_token":{"auth_time":{"essential":true}}}'),
      fc.json({ maxDepth: 4 }),
    ),
    acr_values: fc.constantFrom('mosip:idp:acr:static-code', 'x'),
    prompt: fc.constantFrom('login', 'consent', 'none'),
    dpop_jkt: fc.constant('A'.repeat(43)),
    client_assertion: assertionOf(attacker),
    request_uri: fc.tuple(transaction, secret).map(([id, rest]) => `urn:ietf:params:oauth:request_uri:${id}.${rest}`),
    code: fc.tuple(transaction, secret).map(([id, rest]) => `${id}.${rest}`),
  }
}

/** Fields of our own forms, which have no schema: a person, not a program, fills them in. */
const FORM_FIELDS: Readonly<Record<string, Schema>> = {
  individual_id: { pattern: '^[0-9]{8,12}$' },
  factor: { enum: ['pin', 'otp', 'password', 'wallet'] },
  pin: { pattern: '^[0-9]{6}$' },
  otp: { pattern: '^[0-9]{6}$' },
  password: {},
  action: { enum: ['accept', 'cancel', 'other'] },
  claims: { enum: ['name', 'email', 'sub'] },
  scopes: { enum: ['openid', 'profile'] },
  own_device: { enum: ['yes', 'no'] },
}
const STEPS = ['choose', 'resend', 'otp', 'pin', 'password', 'consent', 'cancel', 'extend', 'restart', 'nowhere', '__proto__']

type Pairs = readonly (readonly [string, string])[]

/** Members that an ordinary request has, besides those that it must have. */
const USUAL = new Set([
  'redirect_uri',
  'scope',
  'response_type',
  'state',
  'nonce',
  'claims',
  'individual_id',
  'factor',
  'pin',
  'action',
  'csrf',
])

/**
 * Parameters of a door: what it needs, some of what it knows, and in every second request one or two that are wrong, left out, doubled
 * or unheard of. More would be refused for the first of them, and nothing behind it would be tried.
 */
const pairsOf = (attacker: Attacker, { properties = {}, required = [] }: Schema): fc.Arbitrary<Pairs> => {
  const better = known(attacker)
  const members = Object.entries(properties).map(([name, schema]) => {
    const good = better[name] ?? fitting(schema)
    const often = required.includes(name) || USUAL.has(name) ? 60 : 5
    const value = fc.oneof({ weight: often, arbitrary: good }, { weight: 40, arbitrary: fc.constant(undefined) })
    return (required.includes(name) ? good : value).map((text) => [name, text] as const)
  })
  const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...Object.keys(properties), 'x') }, { weight: 1, arbitrary: nasty })
  const wrong = fc.tuple(fc.constantFrom('instead', 'besides', 'without'), name, nasty)
  const wrongs = fc.oneof(fc.constant([]), fc.array(wrong, { minLength: 1, maxLength: 2 }))
  return fc.tuple(fc.tuple(...members), wrongs).map(([all, damages]) => {
    let pairs = withChallenge(all.filter((pair): pair is readonly [string, string] => pair[1] !== undefined))
    for (const [how, which, value] of damages) {
      if (how !== 'besides') pairs = pairs.filter(([member]) => member !== which)
      if (how !== 'without') pairs = [...pairs, [which, value]]
    }
    return pairs
  })
}

/** PKCE goes together, or is refused for that alone. */
const withChallenge = (pairs: Pairs): Pairs =>
  pairs.some(([name]) => name === 'response_type')
    ? [
        ...pairs.filter(([name]) => !name.startsWith('code_challenge')),
        ['code_challenge', 'A'.repeat(43)],
        ['code_challenge_method', 'S256'],
      ]
    : pairs

const encoded = (pairs: Pairs): string => pairs.map(([name, value]) => `${percent(name)}=${percent(value)}`).join('&')

const ODD_HEADERS = [
  ...['cookie', 'authorization', 'dpop', 'content-type', 'content-encoding', 'accept', 'accept-language', 'origin', 'referer', 'host'],
  ...[
    'sec-fetch-site',
    'sec-fetch-mode',
    'x-forwarded-for',
    'x-forwarded-host',
    'forwarded',
    'if-none-match',
    'range',
    'expect',
    'te',
    'x',
  ],
]

const cookiesOf = (attacker: Attacker): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...attacker.logins.map(({ cookie }) => cookie), ''),
    fc.tuple(nasty, nasty).map(([name, value]) => `${name}=${value}`),
    nasty,
  )

const headersOf = (attacker: Attacker, route: Route): fc.Arbitrary<Readonly<Record<string, string>>> => {
  const odd = fc.dictionary(fc.constantFrom(...ODD_HEADERS), nasty, { maxKeys: 2 })
  const usual: Record<string, fc.Arbitrary<string>> = {
    ...(route.method === 'POST' && {
      'content-type': fc.constantFrom('application/x-www-form-urlencoded', 'application/x-www-form-urlencoded;charset=utf-8'),
    }),
    ...(route.kind === 'page' && {
      cookie: cookiesOf(attacker),
      origin: fc.constantFrom(attacker.issuer, attacker.issuer, 'null'),
      'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site'),
    }),
  }
  const proof = route.kind === 'oauth' ? fc.option(proofOf(attacker, route.path), { nil: undefined, freq: 2 }) : fc.constant(undefined)
  const bearer = fc
    .tuple(fc.constantFrom(...attacker.transactions), nasty)
    .map(([id, rest]) => `a.${b64({ jti: `${id}.${'A'.repeat(22)}`, rest })}.b`)
  const token = route.path.endsWith('userinfo')
    ? fc.tuple(fc.constantFrom('Bearer', 'DPoP', 'bearer', 'Basic'), fc.oneof(bearer, nasty)).map(([scheme, text]) => `${scheme} ${text}`)
    : fc.constant(undefined)
  return fc
    .tuple(fc.record(usual), proof, token, fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: odd }))
    .map(([base, dpop, authorization, more]) => ({
      ...base,
      ...(dpop !== undefined && { dpop }),
      ...(authorization !== undefined && { authorization }),
      ...more,
    }))
}

const pathOf = (attacker: Attacker, route: Route): fc.Arbitrary<string> => {
  const transaction = fc.oneof(fc.constantFrom(...attacker.transactions, ...attacker.logins.map((login) => login.transaction)), nasty)
  const step = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...STEPS) }, { weight: 1, arbitrary: nasty })
  return fc
    .tuple(transaction, step, nasty)
    .map(([id, name, file]) =>
      route.path.replace(':transaction', percent(id)).replace(':step', percent(name)).replace(':file', percent(file)),
    )
}

const throughDoor = (attacker: Attacker, route: Route): fc.Arbitrary<Shot> => {
  const isStep = route.path === '/login/:transaction/:step'
  const schema = route.request === undefined ? { properties: isStep ? FORM_FIELDS : {} } : schemaOf(route.request)
  const own = fc.constantFrom(undefined, ...attacker.logins)
  const method = fc.oneof(
    { weight: 15, arbitrary: fc.constant<string>(route.method) },
    { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PATCH') },
  )
  const body = fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: nasty })
  return fc
    .tuple(method, pathOf(attacker, route), headersOf(attacker, route), pairsOf(attacker, schema), own, body)
    .map(([verb, path, headers, pairs, login, other]): Shot => {
      // In a login of their own, with its cookie and token, the forms are open.
      const inside = isStep && login !== undefined
      const all = inside ? [...pairs, ['csrf', login.csrf] as const] : pairs
      const place = inside ? path.replace(/^\/login\/[^/]*/, `/login/${login.transaction}`) : path
      const text = other ?? encoded(all)
      return verb === 'POST'
        ? { kind: 'http', method: verb, path: place, headers: { ...headers, ...(inside && { cookie: login.cookie }) }, body: text }
        : { kind: 'http', method: verb, path: `${place}?${text}`, headers, body: undefined }
    })
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A request written by hand and then damaged: cut, doubled, flipped, or with a head that contradicts itself. */
const raw = (attacker: Attacker): fc.Arbitrary<Shot> => {
  const line = fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'get', 'HEAD', 'PRI', 'CONNECT', ''),
      fc.oneof(fc.constantFrom(...routes.map(({ path }) => path), '*', '//x', 'http://x/'), nasty),
      fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''),
    )
    .map((parts) => parts.join(' '))
  const head = fc.array(
    fc.oneof(
      fc.constantFrom(
        'Host: localhost',
        'Host: a\r\nHost: b',
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: chunked, identity',
        'Content-Length: 5',
      ),
      fc.constantFrom(
        'Content-Length: -1',
        'Content-Length: 1\r\nContent-Length: 2',
        'Content-Type: application/x-www-form-urlencoded',
        'Expect: 100-continue',
      ),
      fc.constantFrom(
        'Upgrade: websocket\r\nConnection: Upgrade',
        'Connection: close',
        ' folded: yes',
        `X: ${'y'.repeat(40_000)}`,
        'DPoP: a\r\nDPoP: b',
      ),
      fc.tuple(nasty, nasty).map(([name, value]) => `${name}: ${value}`),
    ),
    { maxLength: 6 },
  )
  const tail = fc.constantFrom(
    '',
    'a=b',
    '5\r\na=b&c\r\n0\r\n\r\n',
    'ffffffffffffffff\r\n',
    '-1\r\n',
    `client_id=${attacker.client}`,
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  )
  const whole = fc
    .tuple(line, head, tail)
    .map(([first, lines, rest]) => bytes(`${[first, 'Host: localhost', ...lines].join('\r\n')}\r\n\r\n${rest}`))
  const damaged = fc
    .tuple(whole, fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('none', 'flip', 'cut', 'double'))
    .map(([text, at, byte, how]) => {
      const place = at % text.length
      if (how === 'flip') return Buffer.concat([text.subarray(0, place), Buffer.from([byte]), text.subarray(place + 1)])
      if (how === 'cut') return text.subarray(0, place)
      return how === 'double' ? Buffer.concat([text, text]) : text
    })
  const noise = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
  return fc.tuple(fc.oneof({ weight: 4, arbitrary: damaged }, { weight: 1, arbitrary: noise }), fc.nat()).map(([text, at]): Shot => {
    const place = text.length === 0 ? 0 : at % text.length
    return { kind: 'raw', parts: [text.subarray(0, place), text.subarray(place)].map((part) => part.toString('base64')) }
  })
}

/** Doors that take something weigh more than those that say the same to everybody. */
const WEIGHTS: Readonly<Record<Route['kind'], number>> = { oauth: 4, page: 4, public: 1, static: 1 }
const weightOf = ({ kind, method, path }: Route): number => (method === 'POST' || /:|authorize|userinfo/.test(path) ? 2 * WEIGHTS[kind] : 1)

/** One request in twenty is bytes; the others go through a door each, by its row of the table. */
export const shots = (attacker: Attacker): fc.Arbitrary<Shot> =>
  fc.oneof(
    { weight: 19, arbitrary: fc.oneof(...routes.map((route) => ({ weight: weightOf(route), arbitrary: throughDoor(attacker, route) }))) },
    { weight: 1, arbitrary: raw(attacker) },
  )
