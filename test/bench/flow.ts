import { headerOf, type Answer, type Connection, type Sent } from './connection.ts'

/** What one login knows, from step to step; plain text under names. */
export type Login = Map<string, string>

export type Step = { readonly name: string; readonly run: (connection: Connection, login: Login) => Promise<void> }

/** A whole login against one kind of server. */
export type Flow = {
  readonly steps: readonly Step[]
  /** Starts the login of the `n`th person. */
  readonly begin: (n: number) => Login
}

/** What a step met that it did not expect. */
export class UnexpectedError extends Error {
  readonly status: number
  readonly retryAfter: string | undefined
  constructor(what: string, answer: Answer) {
    super(`${what}: ${answer.status} ${headerOf(answer, 'location') ?? ''} ${answer.body.slice(0, 600)}`)
    this.name = 'UnexpectedError'
    this.status = answer.status
    this.retryAfter = headerOf(answer, 'retry-after')
  }
}

export const known = (login: Login, name: string): string => {
  const value = login.get(name)
  if (value === undefined) throw new Error(`the login knows no ${name} yet`)
  return value
}

/** Sends, and insists on the status. */
export const expecting = async (connection: Connection, status: number, what: string, sent: Sent): Promise<Answer> => {
  const answer = await connection.send(sent)
  if (answer.status !== status) throw new UnexpectedError(what, answer)
  return answer
}

export const locationOf = (answer: Answer): string => headerOf(answer, 'location') ?? ''

export const memberOf = (answer: Answer, name: string): string => {
  const value = (JSON.parse(answer.body) as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : ''
}
