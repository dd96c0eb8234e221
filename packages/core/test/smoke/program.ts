// The same program for every platform: it takes its scopes by hand, so that it runs without AsyncLocalStorage too.
import {
  CancelScope,
  Event,
  isCancelled,
  Lock,
  Queue,
  run,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
} from 'corral'

const failures: string[] = []

function check(what: string, holds: boolean): void {
  if (!holds) failures.push(what)
}

/** Runs a bit of everything; the result is `ok` or what did not hold. */
export async function smoke(): Promise<string> {
  await run(
    async (main) => {
      // producer and consumer
      const queue = new Queue<number>({ capacity: 2 })
      const got: number[] = []
      await main.enter(() =>
        taskGroup(async (group) => {
          group.spawn(async (scope) => {
            for (let i = 0; i < 5; i++) await scope.enter(() => queue.put(i))
            queue.close()
          })
          group.spawn(async (scope) => {
            for (let i = 0; i < 5; i++) got.push(await scope.enter(() => queue.get()))
          })
        }),
      )
      check(`items in order: ${got.join()}`, got.join() === '0,1,2,3,4')

      // a timeout cancels what waits inside it, deep down
      const event = new Event()
      const seen: string[] = []
      const error = await main
        .enter(() =>
          timeout(20, (outer) =>
            outer.enter(() =>
              taskGroup(async (group) => {
                group.spawn(async (scope) => {
                  try {
                    await scope.enter(() => event.wait())
                  } catch (thrown) {
                    seen.push(isCancelled(thrown) ? 'cancelled' : String(thrown))
                    throw thrown
                  }
                })
              }),
            ),
          ),
        )
        .catch((thrown: unknown) => thrown)
      check(`timeout: ${String(error)}`, (error as { code?: string }).code === 'TIMEOUT')
      check(`cancelled below: ${seen.join()}`, seen.join() === 'cancelled')

      // first failure cancels the others
      const failure = new Error('first')
      const thrown = await main
        .enter(() =>
          taskGroup(async (group) => {
            group.spawn(async (scope) => {
              await scope.enter(() => sleep(1))
              throw failure
            })
            group.spawn((scope) => scope.enter(() => sleep(60_000)))
          }),
        )
        .catch((reason: unknown) => reason)
      check('the first failure as it is', thrown === failure)

      // a lock and a semaphore, one cancelled in line
      const lock = new Lock()
      const semaphore = new Semaphore(1)
      const held = await main.enter(() => semaphore.acquire())
      const scope = new CancelScope()
      const waiting = main.enter(() => scope.run((inner) => inner.enter(() => semaphore.acquire())))
      scope.cancel()
      await waiting
      check('absorbed', scope.cancelledCaught)
      held[Symbol.dispose]()
      check('no permit lost', semaphore.free === 1)
      check('the lock', (await main.enter(() => lock.use(() => 'used'))) === 'used')
    },
    { handleSignals: false },
  )
  return failures.length === 0 ? 'ok' : `failed: ${failures.join('; ')}`
}
