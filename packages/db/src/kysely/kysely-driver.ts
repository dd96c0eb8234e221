import { MisuseError, shield } from 'corral'
import { CompiledQuery, IdentifierNode, RawNode } from 'kysely'
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely'
import type { EngineDatabase } from '../engine-database.ts'
import { KyselyConnection } from './kysely-connection.ts'

type Compile = QueryCompiler['compileQuery']

/** Kysely decides when a transaction begins and ends; we provide the connections. */
export class KyselyDriver implements Driver {
  readonly #db: EngineDatabase

  constructor(db: EngineDatabase) {
    this.#db = db
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<KyselyConnection> {
    return new KyselyConnection(this.#db)
  }

  async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    const { isolationLevel: isolation, accessMode } = settings
    if (isolation === 'snapshot') {
      throw new MisuseError(
        'kyselyDialect: isolation level must be one of the SQL standard, got "snapshot" (string)',
      )
    }
    const level = isolation === 'read uncommitted' ? 'read committed' : isolation
    await ours(connection).begin({
      ...(level === undefined ? {} : { isolation: level }),
      readOnly: accessMode === 'read only',
    })
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await ours(connection).commit()
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await shield(() => ours(connection).rollback())
  }

  async savepoint(connection: DatabaseConnection, name: string, compile: Compile): Promise<void> {
    await connection.executeQuery(named('savepoint', name, compile))
  }

  async rollbackToSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: Compile,
  ): Promise<void> {
    await shield(() => connection.executeQuery(named('rollback to', name, compile)))
  }

  async releaseSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: Compile,
  ): Promise<void> {
    await connection.executeQuery(named('release savepoint', name, compile))
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    await shield(() => ours(connection).release())
  }

  async destroy(): Promise<void> {}
}

function ours(connection: DatabaseConnection): KyselyConnection {
  if (connection instanceof KyselyConnection) return connection
  throw new MisuseError('kyselyDialect: the connection is of another dialect; use its own driver')
}

function named(command: string, name: string, compile: Compile): CompiledQuery {
  const { sql } = compile(RawNode.create([`${command} `, ''], [IdentifierNode.create(name)]), {
    queryId: 'savepoint',
  })
  return CompiledQuery.raw(sql)
}
