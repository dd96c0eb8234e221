
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { Lock, Pool, Queue, Semaphore, run, sleep, spawn, taskGroup, timeout } from 'corral'
const ready = () => void process.stdout.write('ready\n')


const code = `import('corral').then(({ run, sleep }) => run(async () => { require('node:worker_threads').parentPort.postMessage('up'); await sleep(60_000) }, { name: 'in a thread' }))`
const thread = new Worker(code, { eval: true, name: 'reports', execArgv: ['--conditions=@corral/source'] })
await new Promise((resolve) => thread.once('message', resolve))

await run(async () => {
  const orders = new Queue({ name: 'orders' })
  async function loadOrder() { await orders.get() }
  async function handle() { await loadOrder() }
  await taskGroup(async (group) => {
    for (let i = 0; i < 5; i++) group.spawn(handle, { name: 'req#' + i })
    group.spawn(() => sleep(60_000), { name: 'nap' })
    await sleep(10)
    ready()
  })
}, { name: 'main' })
