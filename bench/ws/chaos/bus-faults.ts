import { sleep } from 'corral'
import { Cluster } from './cluster.ts'
import type { Member } from './cluster.ts'
import { openService } from './services.ts'
import type { BusKind, Service } from './services.ts'

interface Fault {
  readonly name: string
  readonly history?: number
  /** While both processes send. */
  act(cluster: Cluster, service: Service): Promise<void>
  readonly order?: { readonly count: number; readonly perTurn: number; readonly every: number }
  /** The clients have to get everything; otherwise to be told is enough. */
  readonly whole: boolean
}

const STEADY = { count: 3000, perTurn: 10, every: 20 }

async function each(cluster: Cluster, act: (member: Member) => void): Promise<void> {
  await sleep(1000)
  for (const member of cluster.members) act(member)
}

/** The bus is gone for so long, after so long. */
async function outage(service: Service, after: number, lasting: number): Promise<void> {
  await sleep(after)
  await service.kill()
  await sleep(lasting)
  await service.start()
}

const faults: readonly Fault[] = [
  { name: 'nothing', whole: true, act: () => sleep(0) },
  {
    name: 'the bus is killed, and back after 2 s',
    whole: true,
    act: (_, service) => outage(service, 1000, 2000),
  },
  {
    name: 'the bus is restarted three times',
    whole: true,
    async act(_, service) {
      for (let i = 0; i < 3; i++) await outage(service, 1000, 0)
    },
  },
  {
    name: 'nothing passes for 3 s, then the connections are reset',
    whole: true,
    async act(cluster) {
      await each(cluster, ({ network }) => network?.cut())
      await sleep(3000)
      for (const { network } of cluster.members) {
        network?.heal()
        network?.reset()
      }
    },
  },
  {
    name: 'all that passes takes 300 ms',
    whole: true,
    act: (cluster) =>
      each(cluster, ({ network }) => {
        if (network !== undefined) network.delay = 300
      }),
  },
  {
    name: 'one process is cut off five times in a burst',
    whole: true,
    order: { count: 9000, perTurn: 100, every: 20 },
    async act(cluster) {
      for (let i = 0; i < 5; i++) {
        await sleep(300)
        cluster.members[1]?.network?.reset()
      }
    },
  },
  {
    name: 'the bus is gone for 2 s, and the rooms keep less than that',
    whole: false,
    history: 10,
    order: { count: 6000, perTurn: 20, every: 10 },
    act: (_, service) => outage(service, 500, 2000),
  },
  {
    name: 'SIGKILL of one process, and another in its place',
    whole: true,
    async act(cluster) {
      await sleep(1500)
      await cluster.kill(cluster.members[0] as Member, 'SIGKILL')
      await sleep(500)
      await cluster.join(0)
    },
  },
]

const CLIENTS = 40

/** What became of 40 clients of two processes on this bus, under each fault. */
export async function busRows(kind: BusKind, only: string): Promise<string[]> {
  const rows: string[] = []
  for (const fault of faults) {
    if (!fault.name.includes(only)) continue
    await using service = await openService(kind)
    await using cluster = new Cluster(service, fault.history ?? 20_000)
    await cluster.join()
    await cluster.join()
    await sleep(1500) // they have found each other
    await cluster.follow(CLIENTS, '300')
    const sending = cluster.members.map((member) => cluster.send(member, fault.order ?? STEADY))
    await fault.act(cluster, service)
    await Promise.all(sending)
    const { exact, told, wrong, behind, closed, ends, clients } = await cluster.report()
    if (wrong + behind + closed > 0) console.log({ wrong, behind, closed })
    const sent = Object.values(ends).reduce((sum, n) => sum + n, 0)
    const left = await cluster.left()
    const still = left.reduce(
      (sum, { connections, members, handlers }) => sum + connections + members + handlers,
      0,
    )
    const held =
      wrong + behind + still === 0 && (fault.whole ? exact === clients : exact + told >= clients)
    rows.push(
      `| ${kind} | ${fault.name} | ${sent} | ${exact} of ${clients} | ${told} | ${wrong + behind} | ${still} | ${held ? 'yes' : 'NO'} |`,
    )
    console.log(rows.at(-1))
  }
  return rows
}
