// Several calls at once: typed results, in the order of the calls.
import { gather, mapConcurrent, now, run, sleep } from 'corral'

async function fetchUser(id: number): Promise<{ name: string }> {
  await sleep(100)
  return { name: `user-${id}` }
}

async function fetchOrders(id: number): Promise<number[]> {
  await sleep(50)
  return [10 * id, 10 * id + 1]
}

export async function main(): Promise<void> {
  const start = now()
  const seconds = (): string => ((now() - start) / 1000).toFixed(1)

  const [user, orders] = await gather([() => fetchUser(1), () => fetchOrders(1)])
  console.log(`${user.name} ordered ${orders.join(' and ')}`)
  console.log(`both at once: ${seconds()} s`)

  const users = await mapConcurrent([1, 2, 3, 4, 5, 6], fetchUser, { concurrency: 3 })
  console.log(users.map(({ name }) => name).join(' '))
  console.log(`six more, three at a time: ${seconds()} s`)
}

if (import.meta.main) await run(main)
