// Plain async functions: no new kind of function, and no signal to pass on.
import { now, run, sleep } from 'corral'

interface User {
  id: number
  name: string
}

async function fetchUser(id: number): Promise<User> {
  await sleep(100) // a request, say
  return { id, name: `user-${id}` }
}

export async function main(): Promise<void> {
  const start = now()
  for (const id of [1, 2, 3]) {
    const user = await fetchUser(id)
    console.log(`${user.id}: ${user.name}`)
  }
  const seconds = (now() - start) / 1000
  console.log(`one after the other: ${seconds.toFixed(1)} s`)
}

if (import.meta.main) await run(main)
