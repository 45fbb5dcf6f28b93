import type { Removal } from './removed.ts'

/** A protection, and what shows that it is one: without these lines the named test of the attack fails. */
export type AttackRemoval = Removal & {
  /** Number of the attack; its scripts are those of `test/protocol/attacks/` that begin with it. */
  readonly attack: string
}

export const REMOVALS: readonly AttackRemoval[] = [
  {
    attack: '01',
    file: 'src/http/authorization-response.ts',
    lines: ", ['iss', issuer]]",
    instead: ']',
    fails: 'a success names its issuer, once and exactly',
  },
  {
    attack: '02',
    file: 'domain/transaction/grant.ts',
    lines: `  if (!verifierFits(command, state))
    return refused(state.request.codeChallenge === undefined ? 'verifier_unexpected' : 'verifier_mismatch', ...burn(client, 'verifier'))
`,
    fails: 'a code that was put into another session is refused and burnt',
  },
  {
    attack: '03',
    file: 'domain/authorization-request.ts',
    lines: `  if (challenge === undefined || method !== 'S256') return { refusal: 'pkce_missing' }
`,
    fails: 'a request with a plain challenge is refused, direct and pushed',
  },
  {
    attack: '04',
    file: 'domain/transaction/grant.ts',
    lines: "replay ? refused('code_spent', fact('CodeReplayed', { client })) : refused('code_spent')",
    instead: "refused('code_spent')",
    fails: 'a second use kills the tokens of the first, and is recorded once',
  },
  {
    attack: '05',
    file: 'domain/transaction/grant.ts',
    lines: '  if (client !== state.request?.client) {',
    instead: '  if (state.request === undefined) {',
    fails: 'another client gets nothing, and burns nothing',
  },
  {
    attack: '06',
    file: 'src/crypto/client-assertion.ts',
    lines: `  if (client.assertion_audience === 'issuer') return audience === issuer
`,
    fails: 'a client that is bound to the issuer names that one string and nothing else',
  },
  {
    attack: '07',
    file: 'src/http/guards/client-authentication.ts',
    lines: 'used > 0 && ',
    fails: 'is taken once, and of 20 at once once',
  },
  {
    attack: '10',
    file: 'src/crypto/client-assertion.ts',
    lines: ' && !FOREIGN.some((name) => Object.hasOwn(header, name))',
    fails: 'crit and b64 are not passed over',
  },
  {
    attack: '11',
    file: 'adapters/remote-documents/https/https-documents.ts',
    lines: "    return found.every((address) => network.mayReach(address, listed)) ? found : 'address'",
    instead: '    return listed ? found : found',
    fails: 'inside addresses are not asked, by whichever name',
  },
  {
    attack: '12',
    file: 'src/client-key-sets.ts',
    lines: 'now - copy.triedAt >= COOL_DOWN_MS && ',
    fails: 'causes one fetch in each cool-down, and the relying party itself is served meanwhile',
  },
  {
    attack: '13',
    file: 'src/http/guards/dpop.ts',
    lines: "  if (!isFirst) return refuse(world, request, 'replayed').refusal\n",
    instead: '',
    fails: 'a proof is used once, at each endpoint',
  },
  {
    attack: '14',
    file: 'domain/transaction/start.ts',
    lines: `  if (state.request.client !== command.client) return refused('request_uri_of_other_client')
`,
    fails: 'is not swapped to another client (§2.2, §7.5)',
  },
  {
    attack: '17',
    file: 'src/http/session.ts',
    lines: "csrfFits(world.secrets.csrf, session.transaction, session.state.browser ?? '', given) ? undefined : 'form_stale'",
    instead: 'undefined',
    fails: 'login: without the token, with that of another login, and from another origin',
  },
  {
    attack: '18',
    file: 'src/http/headers.ts',
    lines: `    "frame-ancestors 'none'",
    "base-uri 'none'",
`,
    fails: 'no page of a login stands in a frame or is held by its opener',
  },
  {
    attack: '19',
    file: 'src/http/reply.ts',
    lines: 'status: 303',
    instead: 'status: 307',
    fails: 'each post of a login is answered by a page or a 303',
  },
  {
    attack: '22',
    file: 'src/http/cookies.ts',
    lines: `  for (const name of twice) cookies.delete(name)
`,
    fails: 'a second cookie of the same name, from a sibling domain, closes the login instead of taking it over',
  },
  {
    attack: '33',
    file: 'domain/transaction/grant.ts',
    lines: ' || exchange.accessTokenDigest !== command.accessTokenDigest',
    fails: 'a token with one bit changed anywhere is refused',
  },
  {
    attack: '35',
    file: 'src/chain.ts',
    lines: "found === digest ? { ok: true, digest } : { ok: false, problem: 'its bytes do not give its digest' }",
    instead: '{ ok: true, digest }',
    fails: 'an instant edited shows on the next read',
  },
]
