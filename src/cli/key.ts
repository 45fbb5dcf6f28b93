import type { Machine, Stores } from './context.ts'
import { complain, say, sayJson, shortInstant, table } from './output.ts'
import { operand, required, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { ringOf } from '../signing-keys.ts'
import { revokeKey, rotateKey, type Tending } from '../steps/tend-keys.ts'
import type { SigningAlgorithm } from '../../domain/ports.ts'
import { SIGNING_ALGORITHMS, type RingKey } from '../../domain/signing-key/ring.ts'
import { isPublished } from '../../domain/signing-key/signing-key.ts'
import type { SigningKeyRevokeSigningKey } from '../../schemas/generated.ts'

type Reason = SigningKeyRevokeSigningKey['reason']

const REASONS: readonly Reason[] = ['compromised', 'lost', 'algorithm_weak', 'mistake']

const tending = async (machine: Machine, { journal, states, settings }: Stores): Promise<Tending> => {
  const { clock, chance, timers, account } = machine
  return { actor: account, journal, states, clock, chance, timers, keys: await machine.keys(settings) }
}

/** What a person wants to know of a key: whether it signs, and until when it matters. */
const lifeOf = ({ signs, state }: RingKey, now: string): string => {
  const { status, signsFrom = '', publishedUntil = '' } = state
  switch (status) {
    case 'made':
      return `published, signs from ${shortInstant(signsFrom)}`
    case 'active':
      return signs ? `signs since ${shortInstant(signsFrom)}` : 'its private half is lost: restore it, or let the broker replace it'
    case 'retired':
      return publishedUntil > now ? `signs no more, published until ${shortInstant(publishedUntil)}` : 'over'
    case 'revoked':
      return 'over'
    case 'unknown':
      return 'not recorded yet: the broker does it when it starts'
  }
}

const list = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal, clock } = machine
    const now = clock.now()
    const keys = await ringOf(await tending(machine, stores))
    const rows = SIGNING_ALGORITHMS.flatMap((alg) =>
      keys
        .filter((key) => key.alg === alg && (args.flag('all') || key.state.status === 'unknown' || isPublished(key.state, now)))
        .toSorted((a, b) => ((a.state.signsFrom ?? '') < (b.state.signsFrom ?? '') ? 1 : -1)),
    )
    if (args.json)
      sayJson(
        terminal,
        rows.map(({ kid, alg, state }) => ({ ...state, kid, alg })),
      )
    else if (rows.length === 0) say(terminal, 'There is no signing key yet: the broker makes them when it starts.')
    else
      terminal.out(
        table(
          terminal.columns,
          ['KEY', 'ALG', 'STATE (UTC)'],
          rows.map((key) => [key.kid, key.alg, lifeOf(key, now)]),
        ),
      )
    return 0
  })

const algorithmsOf = (word: string): readonly SigningAlgorithm[] => {
  const found = SIGNING_ALGORITHMS.filter((alg) => word === 'all' || alg.toLowerCase() === word.toLowerCase())
  if (found.length === 0) throw new UsageError(`ALG is one of ${SIGNING_ALGORITHMS.join(', ')}, or all`)
  return found
}

const rotate = (machine: Machine, args: Args): Promise<ExitCode> => {
  const algorithms = algorithmsOf(operand(args, 0))
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const world = await tending(machine, stores)
    const rotations = []
    for (const alg of algorithms) rotations.push({ alg, ...(await rotateKey(world, alg)) })
    if (args.json) sayJson(terminal, rotations)
    for (const { alg, kid, signsFrom, waitsAlready } of args.json ? [] : rotations) {
      const from = `${shortInstant(signsFrom)} (UTC)`
      if (waitsAlready) complain(terminal, `the next key for ${alg}, ${kid}, waits already: it signs from ${from}`)
      else say(terminal, `The next key for ${alg} is ${kid}: published now, it signs from ${from}.`)
    }
    return rotations.some(({ waitsAlready }) => waitsAlready) ? 1 : 0
  })
}

const reasonOf = (args: Args): Reason => {
  const word = required(args, 'key revoke KID', 'reason', REASONS.join('|')).replaceAll('-', '_')
  const reason = REASONS.find((known) => known === word)
  if (reason === undefined) throw new UsageError(`--reason is one of ${REASONS.join(', ')}`)
  return reason
}

const revoke = (machine: Machine, args: Args): Promise<ExitCode> => {
  const kid = operand(args, 0)
  if (!/^[A-Za-z0-9_-]{43}$/.test(kid)) throw new UsageError('KID has 43 characters; see: esignet key list')
  const reason = reasonOf(args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const world = await tending(machine, stores)
    const refusal = await revokeKey(world, kid, reason)
    if (refusal !== undefined) {
      complain(terminal, `there is no key ${kid}; see: esignet key list --all`)
      return 1
    }
    if (args.json) sayJson(terminal, { kid, reason })
    else
      say(
        terminal,
        `Key ${kid} is revoked: it is no longer published, and what it signed is refused here.`,
        'Relying parties may keep it for 10 minutes more: tell them, if it leaked.',
      )
    return 0
  })
}

export const keyVerbs: readonly Verb[] = [
  {
    name: 'key list',
    operands: '',
    summary: 'the keys that sign tokens, or did, or will',
    options: { all: { type: 'boolean' } },
    optionHelp: { all: 'also those that are published no more' },
    run: list,
  },
  {
    name: 'key rotate',
    acts: true,
    operands: 'ALG|all',
    summary: 'publish the next signing key; it signs 11 minutes later',
    help: [
      `ALG is one of ${SIGNING_ALGORITHMS.join(', ')}. The key before it stays published`,
      'until the last token that it signed has expired.',
    ],
    run: rotate,
  },
  {
    name: 'key revoke',
    acts: true,
    operands: 'KID',
    summary: 'take a signing key out at once; what it signed is refused',
    help: ['Where it signs now, another one takes its place in the same moment.'],
    options: { reason: { type: 'string' } },
    optionHelp: { reason: REASONS.join(', ') },
    run: revoke,
  },
]
