import { afterComments } from '../sql/after-comments.ts'

/**
 * How to run a statement.
 *
 *   read     by a reader, at the same time as others
 *   write    by the writer, in one transaction with others
 *   alone    by the writer, in no transaction: `pragma`, `vacuum`
 *   begin    it would leave a transaction open
 */
export type StatementKind = 'read' | 'write' | 'alone' | 'begin'

/** Decided by its first word: if what looks like a read writes, the reader refuses it and it goes to the writer. */
export function kindOf(text: string): StatementKind {
  switch (/^[a-z]*/i.exec(afterComments(text, false))?.[0].toLowerCase()) {
    case 'select':
    case 'values':
    case 'explain':
      return 'read'
    case 'with':
      return /\b(?:insert|update|delete|replace)\b/i.test(text) ? 'write' : 'read'
    case 'pragma':
    case 'vacuum':
    case 'attach':
    case 'detach':
    case 'commit':
    case 'end':
    case 'rollback':
    case 'release':
      return 'alone'
    case 'begin':
    case 'savepoint':
      return 'begin'
    case undefined:
    default:
      return 'write'
  }
}

const writerAlone =
  /^(?:attach|detach|create\s+(?:temp(?:orary)?\b|(?:\w+\s+){1,5}["`[]?temp["`\]]?\s*\.))/i

/** Whether only the connection that runs it has what it makes: an attached file, a temporary table. */
export function isOfOneConnection(text: string): boolean {
  return writerAlone.test(afterComments(text, false))
}
