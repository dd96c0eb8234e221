// Two services, each a process of its own, and a client that goes: the work ends in both, and the deadline shrinks by hop.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { HttpSession } from '@corral/http'
import { currentSignal, Event, moveOnAfter, run, timeout } from 'corral'

/** Starts a service; its first line says where it listens, the others are shown. */
async function start(
  file: string,
  ...args: string[]
): Promise<AsyncDisposable & { url: string; says(text: string): Promise<void> }> {
  const argv = [...process.execArgv, fileURLToPath(new URL(file, import.meta.url)), ...args]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const [url] = (await once(lines, 'line', { signal: currentSignal() })) as [string]
  const said: string[] = []
  const more = new Event()
  lines.on('line', (line: string) => {
    console.log(`  ${line}`)
    said.push(line)
    more.set()
  })
  return {
    url,
    async says(text) {
      while (!said.some((line) => line.includes(text))) {
        more.clear()
        await timeout(20_000, () => more.wait())
      }
      said.length = 0
    },
    async [Symbol.asyncDispose]() {
      const ended = Promise.withResolvers<void>()
      child.once('close', () => ended.resolve())
      child.kill('SIGTERM')
      await ended.promise
    },
  }
}

await run(async () => {
  await using inventory = await start('inventory.ts')
  await using orders = await start('orders.ts', inventory.url)
  await using session = new HttpSession({ propagate: [orders.url] })
  const order = async (sku: string): Promise<string> => {
    const url = `${orders.url}/orders/${sku}`
    await using response = await session.request(url, { method: 'POST' })
    return `${response.status} ${await response.text()}`
  }

  console.log('an order, with 5 s')
  console.log(`  ${await timeout(5000, () => order('book'))}`)

  console.log('a client that goes after half a second')
  await moveOnAfter(500, () => order('rare'))
  await inventory.says('gave up rare')

  console.log('another client says that it has one second, and waits')
  const headers = { 'request-timeout-ms': '1000' }
  const response = await fetch(`${orders.url}/orders/rare`, {
    method: 'POST',
    headers,
    signal: currentSignal(),
  })
  await inventory.says('gave up rare')
  console.log(`  ${response.status}`)
})
