import { CorralError } from 'corral'
import { DatabaseError } from '../errors.ts'
import type { DatabaseErrorCode, ServerReport } from '../errors.ts'

const codes: Readonly<Record<string, DatabaseErrorCode>> = {
  '23502': 'NOT_NULL',
  '23503': 'FOREIGN_KEY',
  '23505': 'UNIQUE',
  '23514': 'CHECK',
  '25006': 'READ_ONLY',
  '25P02': 'TRANSACTION_ABORTED',
  '28000': 'AUTHENTICATION',
  '28P01': 'AUTHENTICATION',
  '3D000': 'AUTHENTICATION',
  '40001': 'SERIALIZATION',
  '40P01': 'DEADLOCK',
  '53100': 'DISK_FULL',
  '57014': 'STATEMENT_CANCELLED',
}

/** What pg throws: the fields of an ErrorResponse, or a socket error. */
type Reported = Error & Omit<ServerReport, 'sqlState'> & { readonly code?: string }

/**
 * Converts pg's error to ours, unless it is, with the statement's caller in its stack.
 *
 * @param fallback the code when the server said nothing: the connection broke, or was never made
 */
export function serverError(
  api: string,
  error: unknown,
  fallback?: 'CONNECT' | 'CONNECTION_LOST',
): CorralError {
  if (error instanceof CorralError) return error
  const reported = error as Reported
  const sqlState = /^[0-9A-Z]{5}$/.test(reported.code ?? '') ? reported.code : undefined
  const known = codes[sqlState ?? '']
  const code = known === 'AUTHENTICATION' ? known : (fallback ?? known ?? 'STATEMENT')
  const { detail, hint, schema, table, column, constraint, position } = reported
  return new DatabaseError(code, `${api}: ${said(reported)}`, {
    cause: error,
    sqlState,
    detail,
    hint,
    schema,
    table,
    column,
    constraint,
    position,
  })
}

/** Whether the server reports that the statement was cancelled. */
export function isCancelReport(error: unknown): boolean {
  return (error as Reported | undefined)?.code === '57014'
}

function said(error: Reported): string {
  // None of the host's addresses answered: the aggregate error has an empty message.
  if (error.message === '' && error instanceof AggregateError) {
    return error.errors.map((each: Error) => each.message).join('; ')
  }
  // What is no JSON is most often a list.
  if (error.code === '22P02' && error.message.includes('type json')) {
    return `${error.message}; a list is an array of PostgreSQL: for a JSON one pass JSON.stringify(list)`
  }
  return error.message
}
