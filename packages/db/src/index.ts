/// <reference types="node" preserve="true" />

export type {
  Database,
  DatabaseStats,
  Notification,
  Session,
  Transaction,
  TransactionOptions,
} from './database.ts'
export { DatabaseError } from './errors.ts'
export type { DatabaseErrorCode, ServerReport } from './errors.ts'
export type { Migration, Migrations } from './migrate/migration.ts'
export type { CopyRow, CopyRows, Executor, Result, Row, StreamOptions } from './executor.ts'
export type { Timestamps } from './postgres/decode.ts'
export { openPostgres } from './postgres/open-postgres.ts'
export type { PostgresOptions } from './postgres/options.ts'
export type { QueryEvent } from './query-log.ts'
export { openSqlite } from './sqlite/open-sqlite.ts'
export type { SqliteOptions } from './sqlite/options.ts'
export { sql } from './sql/sql.ts'
export type { SqlTag } from './sql/sql.ts'
export type { Sql } from './sql/statement.ts'
