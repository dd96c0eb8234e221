import { isCancelled, shield, timeout, cancellable } from 'corral'
import pg from 'pg'
import type { QueryLog } from '../query-log.ts'
import type { Internals } from './internals.ts'
import { PostgresConnection } from './postgres-connection.ts'
import type { PostgresSettings } from './options.ts'
import { serverError } from './server-error.ts'

/**
 * Opens a connection that is ready for statements.
 *
 * Cancellation: gives up, and closes the socket.
 *
 * @throws DatabaseError CONNECT or AUTHENTICATION
 */
export async function connect(
  settings: PostgresSettings,
  log: QueryLog,
): Promise<PostgresConnection> {
  const client = new pg.Client({
    connectionString: settings.url,
    application_name: settings.applicationName,
    keepAlive: true,
  })
  const internals = client as unknown as Internals
  const startup = internals.getStartupConf.bind(client)
  // The server or the user may have another default, which no parser understands.
  internals.getStartupConf = () => ({ ...startup(), DateStyle: 'ISO' })
  const connection = new PostgresConnection(client, settings.grace, log, settings.shapes)
  try {
    await timeout(settings.connectTimeout, () => {
      const connected = client.connect()
      connection.listen()
      return cancellable(connected)
    })
    return connection
  } catch (error) {
    await shield(() => connection.destroy())
    if (isCancelled(error)) throw error
    throw serverError('openPostgres', error, 'CONNECT')
  }
}
