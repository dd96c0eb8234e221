// A server is a task per connection, a client one connection of many: both end by their block, with all that was open.
import { connect, openListener } from '@corral/node'
import type { Connection } from '@corral/node'
import { gather, moveOnAfter, run } from 'corral'

/** A line there, a line back. */
async function shout(connection: Connection): Promise<void> {
  for await (const line of connection.lines()) {
    if (line === 'fail') throw new Error('as asked')
    await connection.write(`${line.toUpperCase()}\n`)
  }
}

export async function main(): Promise<void> {
  let failures = 0
  await using listener = await openListener(shout, { onError: () => (failures += 1) })
  const server = { host: 'localhost', port: listener.address.port ?? 0 }

  async function ask(...lines: string[]): Promise<string> {
    await using connection = await connect(server)
    for (const line of lines) await connection.write(`${line}\n`)
    await connection.closeWrite() // the answers are still to come
    const answers: string[] = []
    for await (const line of connection.lines()) answers.push(line)
    return answers.join(' ')
  }

  console.log(await ask('hello', 'world'))
  console.log((await gather(['a', 'b', 'c'].map((word) => () => ask(word)))).join(' '))

  // What fails closes one connection, and no other.
  await using other = await connect(server)
  await ask('fail').catch(() => console.log('the connection broke'))
  await other.write('still here\n')
  console.log(String(await other.readUntil('\n')).trim())
  console.log(`failures: ${failures}`)

  // Who waits for an answer that does not come gives up, and loses nothing that comes later.
  const { timedOut } = await moveOnAfter(50, () => other.readUntil('\n'))
  console.log(`timed out: ${timedOut ? 'yes' : 'no'}`)
  await other.write('late\n')
  console.log(String(await other.readUntil('\n')).trim())
}

if (import.meta.main) await run(main)
