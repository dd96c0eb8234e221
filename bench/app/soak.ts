import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { cancellable, mapConcurrent, now, sleep, taskGroup } from 'corral'
import { snapshot } from 'corral/lowlevel'
import type { TaskView } from 'corral/lowlevel'
import { configOf } from '../../apps/site-checker/src/config.ts'
import { siteChecker } from '../../apps/site-checker/src/main.ts'
import { clientOf } from '../../apps/site-checker/test/client-of.ts'
import type { Outcome } from './chaos.ts'

const SITES = 20

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What there is of a process once it rests. */
interface Rest {
  readonly heap: number
  readonly tasks: number
  /** Timers, sockets and the like, by kind. */
  readonly handles: string
}

const countTasks = (tasks: readonly TaskView[]): number =>
  tasks.reduce((sum, { children }) => sum + 1 + countTasks(children), 0)

async function rest(): Promise<Rest> {
  await sleep(6000) // connections that idle are closed
  for (let i = 0; i < 3; i++) {
    collect()
    await sleep(50)
  }
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind)
  const handles = [...kinds.keys()]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((kind) => `${kinds.get(kind)?.length} ${kind}`)
    .join(', ')
  return { heap: process.memoryUsage().heapUsed / 2 ** 20, tasks: countTasks(snapshot()), handles }
}

/** An hour of many checks in some minutes, in this process. */
export async function soak(checks: number): Promise<Outcome> {
  const site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    const found = /^\/(\d+\/)?$/.test(request.url ?? '')
    response.writeHead(found ? 200 : 404).end(found ? '<title>x</title><a href=gone>x</a>' : '')
  })
  await new Promise<void>((resolve) => void site.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
  const dataDir = await mkdtemp(join(tmpdir(), 'app-soak-'))
  const config = configOf({
    PORT: '0',
    DATA_DIR: dataDir,
    PRIVATE_SITES: url,
    TOKENS: 'ann:ann-has-this-token',
  })
  try {
    console.log(`soak: ${checks} checks`)
    const before = await rest()
    const states: Rest[] = []
    let done = 0
    let seconds = 0
    await taskGroup(async (group) => {
      const listening = Promise.withResolvers<string>()
      const checker = group.spawn(() =>
        siteChecker(config, 'all', (at) => listening.resolve(at ?? '')),
      )
      const ask = clientOf(await cancellable(listening.promise))
      const ids: string[] = []
      for (let i = 0; i < SITES; i++) {
        ids.push((await ask<{ id: string }>('POST', 'sites', { url: `${url}${i}/` })).body.id)
      }
      const checkOnce = async (id: string, last: string | undefined): Promise<string> => {
        await ask('POST', `sites/${id}/checks`)
        for (;;) {
          const { body } = await ask<{ id: string }[]>('GET', `sites/${id}/checks`)
          const newest = body[0]?.id
          if (newest !== undefined && newest !== last) return newest
          await sleep(20)
        }
      }
      const parts = 10
      const last = new Map<string, string>()
      const begun = now()
      for (let part = 0; part < parts; part++) {
        await mapConcurrent(
          ids,
          async (id) => {
            for (let i = 0; i < checks / SITES / parts; i++) {
              last.set(id, await checkOnce(id, last.get(id)))
              done += 1
            }
          },
          { concurrency: 8 },
        )
        states.push(await rest())
        const { heap, tasks, handles } = states.at(-1) as Rest
        console.log(
          `${done} checks, ${Math.round((now() - begun) / 1000)} s: ${heap.toFixed(1)} MB, ${tasks} tasks; ${handles}`,
        )
      }
      seconds = (now() - begun) / 1000
      checker.cancel()
    })
    const after = await rest()
    const names = await readdir(join(dataDir, 'crawls'), { recursive: true })
    const crawls = names.filter((name) => name.includes('.db'))
    const [first, last] = [states[1] as Rest, states.at(-1) as Rest]
    const flat = last.heap < first.heap * 1.1 + 2
    const left = after.tasks - before.tasks
    const clean = after.handles === before.handles && crawls.length === 0
    return {
      seen: `${done} checks in ${Math.round(seconds)} s: heap ${states.map(({ heap }) => heap.toFixed(0)).join(', ')} MB after each tenth; ${first.tasks} tasks after two tenths, ${last.tasks} at the end; ${first.handles} after two tenths, ${last.handles} at the end (connections that idle are among them); ${crawls.length} files of crawls left; when it has ended ${left} tasks are left, and ${after.handles}, before it began ${before.handles}`,
      good: done === checks && flat && last.tasks === first.tasks && left === 0 && clean,
    }
  } finally {
    site.closeAllConnections()
    await new Promise((resolve) => site.close(resolve))
    await rm(dataDir, { recursive: true, force: true })
  }
}
