import { parseArgs } from 'node:util'

export const COMMANDS = ['compare', 'profile', 'growth', 'overload', 'cores', 'memory', 'stores'] as const

export type Command = (typeof COMMANDS)[number]

/** What the bench is asked for. */
export type Wish = {
  readonly command: Command
  readonly quick: boolean
  readonly json: boolean
  /** Into `ops/bench/`, and what a country needs into `ops/sizing.md`. */
  readonly keep: boolean
  readonly users: number
  readonly rounds: number
  /** Of each server in a round. */
  readonly seconds: number
  /** How many logins `growth` goes up to. */
  readonly transactions: number
  /** How many `memory` does. */
  readonly logins: number
  /** Starts the server that `stores` measures. */
  readonly store: string | undefined
}

export const USAGE = `usage: npm run bench -- [${COMMANDS.join('|')}] [--quick] [--json] [--keep] [--users N] [--rounds N] [--seconds N] [--transactions N] [--logins N] [--store COMMAND]

  compare   this broker, node-oidc-provider and the floor, side by side (what is done without a word)
  growth    this broker with 1,000, 100,000 and 1,000,000 logins on disk (up to --transactions), and with 1, 100 and 10,000 relying parties
  overload  this broker at three times the load that it can carry, and afterwards
  cores     one and two processes that share a folder
  memory    resident memory while 200,000 logins are done (--logins)
  stores    the embedded store beside KurrentDB and Redis; --store COMMAND starts the server, as for \`npm run chaos\`
  profile   where a login's time goes, step by step; with --keep as a chart too

  --quick   fewer and shorter rounds: under two minutes
  --json    one JSON document on the standard output; what happens is said on the standard error
  --keep    the report goes to ops/bench/ too; compare also fills ops/sizing.md`

const NUMBER_MAX = 10_000_000

const whole = (name: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  const value = /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= 1 && value <= NUMBER_MAX)) throw new Error(`--${name}: a whole number from 1 to ${NUMBER_MAX}`)
  return value
}

/** Throws with what is wrong. */
export const readWish = (argv: readonly string[]): Wish => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      users: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      transactions: { type: 'string' },
      logins: { type: 'string' },
      store: { type: 'string' },
    },
  })
  const [name = 'compare', ...more] = positionals
  const command = COMMANDS.find((known) => known === name)
  if (command === undefined || more.length > 0) throw new Error(`there is no ${positionals.join(' ')}`)
  const { quick, json, keep, store } = values
  if (command === 'stores' && store === undefined) throw new Error('stores needs --store COMMAND')
  return {
    command,
    quick,
    json,
    keep,
    users: whole('users', values.users, 16),
    rounds: whole('rounds', values.rounds, quick ? 2 : 5),
    seconds: whole('seconds', values.seconds, quick ? 5 : 20),
    transactions: whole('transactions', values.transactions, quick ? 100_000 : 1_000_000),
    logins: whole('logins', values.logins, quick ? 2000 : 200_000),
    store,
  }
}
