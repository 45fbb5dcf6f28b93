import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Fault } from '../../../domain/ports.ts'
import type { LibraryName } from './library.ts'

export type KurrentDbSettings = {
  /** The vendor's connection string: nodes, TLS, node preference, keep-alive. Never credentials. */
  readonly connection: string
  /** One line, `user:password`. */
  readonly credentialsFile?: string
  readonly client?: LibraryName
  /** Within this time every call of the port settles. */
  readonly budgetMs?: number
}

export type Credentials = { readonly username: string; readonly password: string }

const SHAPE = /^(?:esdb|kurrentdb)(?:\+discover)?:\/\/([^/?]+)\/?(?:\?(.*))?$/

const parametersOf = (connection: string): ReadonlyMap<string, string> => {
  const query = SHAPE.exec(connection)?.[2] ?? ''
  return new Map([...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase().replace(/[_-]/g, ''), value.toLowerCase()]))
}

export const usesTls = (connection: string): boolean => parametersOf(connection).get('tls') !== 'false'

/** Where the leader is wanted, an append says so, and a node that is none answers who is. */
export const prefersLeader = (connection: string): boolean => ['leader', undefined].includes(parametersOf(connection).get('nodepreference'))

const isAddress = (host: string): boolean => isIP(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) !== 0

/** What is wrong with the connection string, without repeating it: it may hold what nobody should log. */
export const connectionProblem = ({ connection, credentialsFile }: KurrentDbSettings): string | undefined => {
  const hosts = SHAPE.exec(connection)?.[1]
  if (hosts === undefined) return 'connection: esdb://host:port[,host:port...]?tls=true&nodePreference=leader'
  if (hosts.includes('@')) return 'connection: credentials belong in credentialsFile'
  const parameters = parametersOf(connection)
  if (parameters.has('throwonappendfailure')) return 'connection: throwOnAppendFailure makes the client lie about revisions; leave it out'
  if (parameters.get('tlsverifycert') === 'false')
    return 'connection: tlsVerifyCert has no effect in this client; name the authority with tlsCAFile'
  if (usesTls(connection) && credentialsFile === undefined) return 'credentialsFile: a server with TLS asks for a user and a password'
  if (usesTls(connection) && hosts.split(',').some(isAddress))
    return 'connection: with TLS nodes are named by host names, not by IP addresses'
  return undefined
}

/** Read each time a client is made, so that a changed password needs no restart. */
export const readCredentials = (file: string | undefined): Credentials | undefined => {
  if (file === undefined) return undefined
  let line: string
  try {
    line = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Fault('unavailable', 'kurrentdb.credentialsFile cannot be read', { cause: error })
  }
  const colon = line.indexOf(':')
  if (colon <= 0 || line.includes('\n')) throw new Fault('invalid', 'kurrentdb.credentialsFile: must hold one line, user:password')
  return { username: line.slice(0, colon), password: line.slice(colon + 1) }
}
