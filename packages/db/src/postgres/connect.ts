import { isCancelled, moveOnAfter, shield, cancellable } from 'corral'
import pg from 'pg'
import { DatabaseError } from '../errors.ts'
import type { QueryLog } from '../query-log.ts'
import type { Internals } from './internals.ts'
import { PostgresConnection } from './postgres-connection.ts'
import type { PostgresSettings } from './options.ts'
import { serverError } from './server-error.ts'

const api = 'openPostgres'

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
  const client = clientOf(settings)
  const connection = new PostgresConnection(client, settings.grace, log, settings.shapes)
  try {
    const { timedOut } = await moveOnAfter(settings.connectTimeout, () => {
      const connected = client.connect()
      connection.listen()
      return cancellable(connected)
    })
    if (!timedOut) return connection
    throw new DatabaseError(
      'CONNECT',
      `${api}: ${client.host}:${client.port} did not answer as a PostgreSQL server within ${settings.connectTimeout} ms; check that one listens there, or raise connectTimeout`,
    )
  } catch (error) {
    await shield(() => connection.destroy())
    if (isCancelled(error)) throw error
    throw serverError(api, error, 'CONNECT')
  }
}

/** @throws DatabaseError CONNECT, for a URL with a certificate that cannot be read */
function clientOf({ url, applicationName }: PostgresSettings): pg.Client {
  let client: pg.Client
  try {
    client = new pg.Client({
      connectionString: url,
      application_name: applicationName,
      keepAlive: true,
    })
  } catch (error) {
    throw serverError(api, error, 'CONNECT')
  }
  const internals = client as unknown as Internals
  const startup = internals.getStartupConf.bind(client)
  // The server or the user may have another default, which no parser understands.
  internals.getStartupConf = () => ({ ...startup(), DateStyle: 'ISO' })
  return client
}
