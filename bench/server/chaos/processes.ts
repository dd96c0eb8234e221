import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { api, openServer } from '@corral/server'
import type { ServerOptions } from '@corral/server'
import { currentSignal, sleep, throwIfCancelled } from 'corral'
import { end, nextMessage } from '../../harness/next-message.ts'

function start(): ChildProcess {
  return fork(fileURLToPath(new URL('stubborn-server.ts', import.meta.url)), {
    execArgv: ['--conditions=@corral/source'],
  })
}

const ending = ({ exitCode, signalCode }: ChildProcess): string => String(exitCode ?? signalCode)

/** SIGTERM so many milliseconds after the first line of the program has run. */
async function early(moments: readonly number[]): Promise<string> {
  const ends = new Map<string, number>()
  let [resources, longest] = [0, 0]
  for (const moment of moments) {
    const child = start()
    await nextMessage(child)
    let closed = 0
    let opened = false
    child.on('message', (message: { closed?: number; url?: string }) => {
      closed += message.closed ?? 0
      opened ||= message.url !== undefined
    })
    await sleep(moment)
    const began = performance.now()
    child.kill('SIGTERM')
    await end(child)
    longest = Math.max(longest, performance.now() - began)
    ends.set(ending(child), (ends.get(ending(child)) ?? 0) + 1)
    if (opened && closed !== 1) resources += 1
  }
  const text = [...ends].map(([code, n]) => `${n} with ${code}`).join(', ')
  const held = resources === 0 && longest < 3000
  return `| SIGTERM 0 to ${moments.at(-1)} ms after the program has begun, before and after it listens | ended ${text}, after ${Math.round(longest)} ms at the most; resources left open ${resources} | ${held ? 'yes' : 'NO'} |`
}

/** A handler that does not end, and so many signals 200 ms apart. */
async function stubborn(path: string, what: string, signals: number): Promise<string> {
  const child = start()
  await nextMessage(child)
  const { url } = await nextMessage<{ url: string }>(child)
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  await nextMessage(child)
  const began = performance.now()
  for (let i = 0; i < signals; i++) {
    child.kill('SIGTERM')
    await sleep(200)
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), 8000)
  await end(child)
  clearTimeout(timer)
  const took = Math.round(performance.now() - began)
  socket.destroy()
  const own = child.signalCode !== 'SIGKILL'
  const said = own ? `ended with ${ending(child)} after ${took} ms` : 'still there after 8 s'
  return `| ${signals === 1 ? 'SIGTERM' : `SIGTERM ${signals} times`}, ${what}, grace 1 s | ${said} | ${signals < 3 || own ? 'yes' : 'NO'} |`
}

async function refused(what: string, options: ServerOptions): Promise<string> {
  try {
    await using server = await openServer(api(), options)
    return `| ${what} | listens at ${server.url} | NO |`
  } catch (error) {
    throwIfCancelled()
    const { code = '', message } = error as { code?: string; message: string }
    return `| ${what} | ${code} ${message.split('\n')[0]} | yes |`
  }
}

/** What a process makes of signals at bad moments, and of a place where it cannot listen. */
export async function processRows(): Promise<string[]> {
  await using server = await openServer(api(), { port: 0, host: '127.0.0.1', linger: 0 })
  const port = Number(new URL(server.url).port)
  const host = '127.0.0.1'
  const tls = { key: 'no key', cert: 'no certificate' }
  const rows = [
    await early([0, 20, 50, 100, 200, 280, 300, 320, 350, 400]),
    await stubborn('/deaf', 'a handler that no cancellation reaches', 1),
    await stubborn('/deaf', 'a handler that no cancellation reaches', 3),
    await stubborn('/cleanup', 'a handler whose cleanup hangs', 1),
    await stubborn('/cleanup', 'a handler whose cleanup hangs', 3),
    await refused('the port is taken', { port, host }),
    await refused('the host is not of this machine', { port: 0, host: '192.0.2.1' }),
    await refused('the host has no address', { port: 0, host: 'nowhere.invalid' }),
    await refused('key and certificate are none', { port: 0, host, tls }),
  ]
  const response = await fetch(`${server.url}/livez`, { signal: currentSignal() })
  rows.push(
    `| asks the first server of this process after all this | ${response.status} | ${response.status === 200 ? 'yes' : 'NO'} |`,
  )
  return rows
}

/** A client in a process of its own, stopped by SIGSTOP while it is sent 20 MB. */
export async function frozenClient(port: number): Promise<ChildProcess> {
  const client = fork(fileURLToPath(new URL('reader.ts', import.meta.url)), [String(port)])
  await once(client, 'message', { signal: currentSignal() })
  client.kill('SIGSTOP')
  return client
}
