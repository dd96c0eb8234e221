import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { sleep } from 'corral'
import { end, nextMessage } from '../../harness/next-message.ts'
import { Route } from '../../harness/route.ts'
import type { Report } from './followers.ts'
import type { Order, State } from './member.ts'
import type { Service } from './services.ts'

const execArgv = ['--conditions=@corral/source', '--expose-gc']

export function start(file: string, args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [...args], { execArgv })
}

/** A process with the room. */
export interface Member {
  readonly child: ChildProcess
  /** Its way to the bus, if there is one. */
  readonly network: Route | undefined
  readonly port: number
}

/** Processes with one room, on a bus or alone, each with clients that follow it through one front. */
export class Cluster implements AsyncDisposable {
  readonly #open = new AsyncDisposableStack()
  readonly #service: Service | undefined
  readonly #history: number
  readonly members: Member[] = []
  #followers: ChildProcess | undefined
  front: Route | undefined

  constructor(service: Service | undefined, history: number) {
    this.#service = service
    this.#history = history
  }

  /** Starts a process, or another one in the place of one that has ended. */
  async join(at = this.members.length): Promise<Member> {
    const { kind, url } = this.#service ?? { kind: 'none', url: '' }
    const port = this.members[at]?.port ?? 0
    const open = this.#service === undefined ? undefined : await Route.open(url)
    if (open !== undefined) this.#open.use(open.network)
    const args = [kind, open?.url ?? '', String(this.#history), String(port)]
    const child = start('member.ts', args)
    this.#open.defer(() => void child.kill('SIGKILL'))
    const said = await nextMessage<{ port: number }>(child)
    const member = { child, network: open?.network, port: said.port }
    this.members[at] = member
    return member
  }

  /** Clients that take turns between the processes. */
  async follow(count: number, backoff = ''): Promise<ChildProcess> {
    const urls = this.members.map(({ port }) => `ws://127.0.0.1:${port}`)
    const { network, url } = await Route.open(urls[0] as string, ...urls.slice(1))
    this.front = this.#open.use(network)
    const followers = start('followers.ts', [url, String(count), backoff])
    this.#open.defer(() => void followers.kill('SIGKILL'))
    this.#followers = followers
    await nextMessage(followers)
    return followers
  }

  /** Settles when all is sent, and when the process ends. */
  async send({ child }: Member, order: Order): Promise<void> {
    child.send(order)
    await new Promise((resolve) => {
      child.once('message', resolve).once('exit', resolve)
    })
  }

  /** How each of the processes is that live. */
  states(): Promise<State[]> {
    const live = this.members.filter(({ child }) => child.exitCode === null && !child.killed)
    return Promise.all(
      live.map(({ child }) => {
        child.send('state')
        return nextMessage<State>(child)
      }),
    )
  }

  /** How the clients fare once they have everything that some process knows, or were told; or have had 30 s. */
  async report(): Promise<Report & { readonly ends: Readonly<Record<string, number>> }> {
    const began = performance.now()
    for (;;) {
      const ends: Record<string, number> = {}
      for (const { positions } of await this.states()) {
        for (const [epoch, n] of Object.entries(positions)) {
          if (n > 0) ends[epoch] = Math.max(ends[epoch] ?? 0, n)
        }
      }
      this.#followers?.send(ends)
      const report = await nextMessage<Report>(this.#followers as ChildProcess)
      const settled = report.behind <= report.closed // these get nothing more
      if (settled || performance.now() - began > 30_000) return { ...report, ends }
      await sleep(250)
    }
  }

  async kill({ child }: Member, signal: NodeJS.Signals): Promise<void> {
    child.kill(signal)
    await end(child)
  }

  /** The clients go: what the processes have left of them a little later. */
  async left(): Promise<readonly State[]> {
    this.#followers?.kill('SIGKILL')
    for (let tries = 0; tries < 100; tries++) {
      const states = await this.states()
      if (states.every(({ connections }) => connections === 0)) return states
      await sleep(50)
    }
    return this.states()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#open.disposeAsync()
  }
}
