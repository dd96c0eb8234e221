import { connect } from 'node:net'

/**
 * The server that tests ask for: the one that a variable names, which must answer then, or one on the usual port of this
 * machine; undefined when there is none.
 */
export async function testServer(
  variable: string,
  scheme: string,
  port: number,
): Promise<string | undefined> {
  const named = process.env[variable]
  if (named !== undefined) return named
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
  return answers ? `${scheme}://127.0.0.1:${port}` : undefined
}
