// A callback API turned into a future.
import { Future, run, spawn, timeout } from 'corral'

/** An old-fashioned API: it calls back, now or later. */
function readSensor(name: string, done: (error: Error | null, value: number) => void): void {
  setTimeout(() => {
    if (name === 'broken') done(new Error('no signal'), 0)
    else done(null, 21.5)
  }, 10)
}

function read(name: string): Future<number> {
  const future = new Future<number>()
  readSensor(name, (error, value) => {
    if (error === null) future.resolve(value)
    else future.reject(error)
  })
  return future
}

export async function main(): Promise<void> {
  console.log(`kitchen: ${await read('kitchen')} degrees`)
  try {
    await read('broken')
  } catch (error) {
    console.log(`broken: ${(error as Error).message}`)
  }

  // Any number of tasks may wait for one future, each with a limit of its own.
  const go = new Future<string>()
  const watchers = ['w1', 'w2'].map((name) =>
    spawn(() => timeout(1000, async () => console.log(`${name}: ${await go}`))),
  )
  go.resolve('go')
  for (const watcher of watchers) await watcher
}

if (import.meta.main) await run(main)
