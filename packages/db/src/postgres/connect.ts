import { isCancelled, shield, timeout, cancellable } from 'corral'
import pg from 'pg'
import { Connection } from './connection.ts'
import type { ConnectionCounts } from './connection.ts'
import type { PostgresSettings } from './options.ts'
import { serverError } from './server-error.ts'

/**
 * Makes a connection that is ready for statements.
 *
 * Cancellation: gives up, and closes the socket.
 *
 * @throws DatabaseError CONNECT or AUTHENTICATION
 */
export async function connect(
  settings: PostgresSettings,
  counts: ConnectionCounts,
): Promise<Connection> {
  const client = new pg.Client({
    connectionString: settings.url,
    application_name: settings.applicationName,
    keepAlive: true,
    types: settings.types,
  })
  const connection = new Connection(client, settings.grace, counts)
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
