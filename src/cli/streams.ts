import { UsageError } from './verb.ts'
import { isTransaction } from '../crypto/ids.ts'
import { kindOf, transactionStream } from '../../domain/streams.ts'

const STREAM = /^[a-z]+-[A-Za-z0-9._~-]{1,150}$/

/** The stream that an operator names: a transaction, or the stream itself. */
export const streamOf = (id: string): string => {
  if (isTransaction(id)) return transactionStream(id)
  if (STREAM.test(id) && kindOf(id) !== undefined) return id
  throw new UsageError('ID is a transaction (tx_ and 24 characters) or the name of a stream')
}
