import { afterComments, withoutComments } from '../sql/comments.ts'
import { perTemplate } from '../sql/per-template.ts'
import type { Sql } from '../sql/statement.ts'

/**
 * How to run a statement.
 *
 *   read     by a reader, at the same time as others
 *   write    by the writer, in one transaction with others
 *   alone    by the writer, in no transaction: `pragma`, `vacuum`
 *   begin    it would leave a transaction open
 */
export type StatementKind = 'read' | 'write' | 'alone' | 'begin'

interface Traits {
  readonly kind: StatementKind
  /** Only the connection that runs it has what it makes: an attached file, a temporary table, a setting. */
  readonly isOfOneConnection: boolean
}

const traits = perTemplate((parts): Traits => {
  const text = parts.join('?')
  return { kind: kindOf(text), isOfOneConnection: isOfOneConnection(text) }
})

/** What its text tells of a statement. */
export function traitsOf({ parts }: Sql): Traits {
  return traits(parts)
}

/** Decided by its first word: if what looks like a read writes, the reader refuses it and it goes to the writer. */
function kindOf(text: string): StatementKind {
  switch (/^[a-z]*/i.exec(afterComments(text, 'sqlite'))?.[0].toLowerCase()) {
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

// A name in quotes needs no blank before it.
const ofOne =
  /^(?:attach|detach|create\s+(?:temp(?:orary)?\b|\w+(?:\s+\w+){0,4}(?:\s+temp|\s*["'`[]temp["'`\]])\s*\.))/i
const given = /^pragma\s*(?:\W?\w+\W?\s*\.\s*)?\W?(\w+)\W?\s*[=(]/i
/** What is given a value, and sets nothing of the connection: it is of the file or the transaction, or a question. */
const shared: ReadonlySet<string> = new Set([
  ...['application_id', 'auto_vacuum', 'encoding', 'journal_mode', 'page_size', 'user_version'],
  ...['incremental_vacuum', 'optimize', 'wal_checkpoint', 'defer_foreign_keys'],
  ...['foreign_key_check', 'foreign_key_list', 'integrity_check', 'quick_check'],
  ...['index_info', 'index_list', 'index_xinfo', 'table_info', 'table_list', 'table_xinfo'],
])

function isOfOneConnection(text: string): boolean {
  const plain = afterComments(withoutComments(text, 'sqlite'), 'sqlite')
  const name = given.exec(plain)?.[1]?.toLowerCase()
  return name === undefined ? ofOne.test(plain) : !shared.has(name)
}
