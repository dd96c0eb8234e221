import type { ChildProcess } from 'node:child_process'
import { sleep } from 'corral'
import { nextMessage } from '../../harness/next-message.ts'
import { Cluster, start } from './cluster.ts'
import type { Report } from './followers.ts'
import type { State } from './member.ts'

const STEADY = { count: 2000, perTurn: 10, every: 20 }

async function restarted(signal: NodeJS.Signals): Promise<string> {
  await using cluster = new Cluster(undefined, 10_000)
  const member = await cluster.join()
  await cluster.follow(40, '200')
  const sending = cluster.send(member, STEADY)
  await sleep(1500)
  await cluster.kill(member, signal)
  await sending
  const again = await cluster.join(0)
  await sleep(1000)
  await cluster.send(again, STEADY)
  const { clients, told, wrong, behind } = await cluster.report()
  const held = told === clients && wrong + behind === 0
  return `all ${told} of ${clients} clients told that the history is gone; wrong or silent: ${wrong + behind} | ${held ? 'yes' : 'NO'}`
}

/** Clients that stop in the middle, among others that go on, and find the room's history when they go on: whole, or too short. */
async function frozen(history: number): Promise<string> {
  await using cluster = new Cluster(undefined, history)
  const member = await cluster.join()
  await cluster.follow(30, '200')
  const slow = start('followers.ts', [`ws://127.0.0.1:${member.port}`, '10', '200'])
  try {
    await nextMessage(slow)
    await cluster.send(member, { count: 100, perTurn: 1, every: 5 })
    const [before] = await cluster.states()
    slow.kill('SIGSTOP')
    await cluster.send(member, { count: 3000, perTurn: 2, every: 10, size: 5000 })
    await sleep(6000) // for the handshake that they do not answer
    const [after] = await cluster.states()
    const others = await cluster.report()
    slow.kill('SIGCONT')
    const sending = cluster.send(member, { count: 1000, perTurn: 2, every: 10, size: 5000 })
    let late: Report
    let tries = 0
    do {
      await sleep(500)
      const [{ epoch, sent } = { epoch: '', sent: 0 }] = await cluster.states()
      slow.send({ [epoch]: sent })
      late = await nextMessage<Report>(slow)
    } while (late.exact + late.told < 10 && (tries += 1) < 40)
    await sending
    const more = ((after?.rss ?? 0) - (before?.rss ?? 0)) / 1e6
    const left = after?.connections ?? 0
    const { exact, told: lost, wrong, closed } = late
    const whole = history > 100
    const came = whole ? exact : lost
    const held =
      others.exact === others.clients && wrong + closed === 0 && came === 10 && left === 30
    return `the other ${others.exact} of ${others.clients} got all in order meanwhile; the server let ${40 - left} frozen ones go, which came back: ${exact} have got all once and in order, ${lost} were told that some are lost; ${wrong} with anything wrong, ${closed} closed for good; RSS of the process ${more.toFixed(0)} MB more | ${held ? 'yes' : 'NO'}`
  } finally {
    slow.kill('SIGKILL')
  }
}

/** All come back after a restart. */
async function returning(count: number): Promise<string> {
  await using cluster = new Cluster(undefined, 1000)
  const member = await cluster.join()
  await cluster.follow(count)
  await cluster.send(member, { count: 100, perTurn: 1, every: 1 })
  const began = Date.now()
  await cluster.kill(member, 'SIGTERM')
  await cluster.join(0)
  const back = Date.now()
  let state: State | undefined
  for (let tries = 0; tries < 240; tries++) {
    await sleep(500)
    ;[state] = await cluster.states()
    if (state?.members === count) break
  }
  const { returns, told } = await cluster.report()
  const seconds = returns.map((at) => Math.floor((at - back) / 1000)).filter((s) => s >= 0)
  const most = Math.max(
    ...[...new Set(seconds)].map((s) => seconds.filter((one) => one === s).length),
  )
  const lasted = (Math.max(...returns) - back) / 1000
  return `${state?.members} of ${count} are back ${lasted.toFixed(1)} s after it listened again (${((back - began) / 1000).toFixed(1)} s after SIGTERM), at most ${most} in one second; ${told} told that the history is gone | ${state?.members === count && told === count ? 'yes' : 'NO'}`
}

const crowd = 10_000
const kb = (bytes: number): string => (bytes / 1000).toFixed(1)

async function counted(child: ChildProcess, order: object): Promise<void> {
  child.send(order)
  await nextMessage(child)
}

function told(name: string, one: State): string {
  const { connections, members, handlers, sockets, timers, heap, rss } = one
  return `| ${name} | ${connections} | ${members} | ${handlers} | ${sockets} | ${timers} | ${(heap / 1e6).toFixed(2)} | ${(rss / 1e6).toFixed(0)} |`
}

/** Ten thousand come and go, again and again: what is left each time. */
export async function comeAndGo(): Promise<string[]> {
  await using cluster = new Cluster(undefined, 0)
  const { port } = await cluster.join()
  const clients = start('crowd.ts', [`ws://127.0.0.1:${port}`])
  const rows: string[] = []
  try {
    await counted(clients, { open: crowd })
    await counted(clients, { leave: 'close' })
    await cluster.left()
    await sleep(1000)
    const [before] = await cluster.states()
    if (before === undefined) throw new Error('the process is gone')
    rows.push(told('at the start, after a first 10 000', before))
    for (const how of ['close', 'reset', 'close', 'reset', 'close'] as const) {
      await counted(clients, { open: crowd })
      await sleep(500)
      const [open] = await cluster.states()
      await counted(clients, { leave: how })
      for (let tries = 0; tries < 200; tries++) {
        const [state] = await cluster.states()
        if (state?.sockets === 0 && state.connections === 0) break
        await sleep(100)
      }
      const [after] = await cluster.states()
      if (open === undefined || after === undefined) throw new Error('the process is gone')
      const each = kb((open.heap - before.heap) / crowd)
      rows.push(told(`${crowd} in the room, ${each} KB each`, open))
      rows.push(told(`gone with a ${how}`, after))
      console.log(rows.slice(-2).join('\n'))
    }
  } finally {
    clients.kill('SIGKILL')
  }
  return rows
}

/** Faults of a process that is alone. */
export async function oneProcessRows(only: string): Promise<string[]> {
  const faults: readonly (readonly [string, () => Promise<string>])[] = [
    ['SIGKILL of the only process, which starts anew', () => restarted('SIGKILL')],
    ['SIGTERM of the only process, which starts anew', () => restarted('SIGTERM')],
    [
      '10 of 40 clients stopped with SIGSTOP while 15 MB go out to each; the room keeps all of it',
      () => frozen(10_000),
    ],
    ['the same, and the room keeps 100 messages', () => frozen(100)],
    ['4 000 clients, all back after a restart', () => returning(4000)],
  ]
  const rows: string[] = []
  for (const [name, fault] of faults) {
    if (!name.includes(only)) continue
    rows.push(`| ${name} | ${await fault()} |`)
    console.log(rows.at(-1))
  }
  return rows
}
