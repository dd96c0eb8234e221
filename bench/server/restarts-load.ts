import { openWebSocket } from '@corral/ws'
import { BrokenError, currentSignal, sleep, spawn, throwIfCancelled } from 'corral'
import type { Agent } from 'undici'
import { request } from 'undici'

/** What the clients of a service saw, until it is over. */
export class Load {
  readonly #base: string
  readonly #dispatcher: Agent
  readonly #chatters: number
  #subscribed = 0
  over = false
  readonly count = {
    posts: 0,
    failed: 0,
    streams: 0,
    events: 0,
    cut: 0,
    sent: 0,
    again: 0,
    twice: 0,
    received: 0,
    returns: 0,
    told: 0,
  }
  readonly problems = new Set<string>()
  /** What each WebSocket client got of each sender, in its order. */
  readonly got: Map<string, number[]>[] = []

  constructor(base: string, dispatcher: Agent, chatters: number) {
    this.#base = base
    this.#chatters = chatters
    this.#dispatcher = dispatcher
  }

  async post(): Promise<void> {
    const { count } = this
    while (!this.over) {
      const n = (count.posts += 1)
      try {
        const answer = await request(`${this.#base}/order`, {
          method: 'POST',
          body: JSON.stringify({ n }),
          headers: { 'content-type': 'application/json' },
          dispatcher: this.#dispatcher,
          signal: currentSignal(),
        })
        const text = await answer.body.text()
        if (answer.statusCode !== 200 || text !== JSON.stringify({ n })) {
          throw new Error(`${answer.statusCode} ${text.slice(0, 100)}`)
        }
      } catch (error) {
        throwIfCancelled()
        count.failed += 1
        this.problems.add(`POST: ${String(error)}`)
      }
      await sleep(5)
    }
  }

  /** Events until the server ends them; an end in the middle of an event, or an error, is a failure. */
  async listen(): Promise<void> {
    const { count } = this
    while (!this.over) {
      count.streams += 1
      let text = ''
      try {
        const { body, statusCode } = await request(`${this.#base}/events`, {
          dispatcher: this.#dispatcher,
          signal: currentSignal(),
        })
        if (statusCode !== 200) throw new Error(`events: ${statusCode}`)
        for await (const piece of body) {
          text = (text + String(piece)).slice(-200)
          count.events += 1
          if (this.over) break
        }
        const whole = text === '' || text.endsWith('\n\n')
        if (!this.over && !whole) throw new Error(`cut: ${text}`)
      } catch (error) {
        throwIfCancelled()
        count.cut += 1
        this.problems.add(`events: ${String(error)}`)
      }
      await sleep(20)
    }
  }

  /** A client in the room, that says something now and then and is answered when the server has handled it. */
  async chat(index: number): Promise<void> {
    const { count } = this
    const url = this.#base.replace('http', 'ws')
    await using live = await openWebSocket(`${url}/chat`, { resume: true })
    const own = new Map<string, number[]>()
    this.got[index] = own
    const reader = spawn(async () => {
      let subscriptions = 0
      for await (const event of live) {
        if (event.kind === 'message') {
          count.received += 1
          const [from = '', n] = String(event.data).split(' ')
          const numbers = own.get(from) ?? []
          numbers.push(Number(n))
          own.set(from, numbers)
        } else if (event.kind === 'gap') count.told += 1
        else if (subscriptions++ === 0) this.#subscribed += 1
        else {
          count.returns += 1
          if (event.recovered !== true) count.told += 1
        }
      }
    })
    while (this.#subscribed < this.#chatters) await sleep(10)
    for (let n = 1; !this.over; n += 1) {
      count.sent += 1
      while (!(await this.#say(live, `client-${index} ${n}`))) count.again += 1
      await sleep(50)
    }
    await sleep(2000) // what the others said
    await live.close()
    await reader
  }

  /** False when the connection was lost before the answer: the message may have been handled or not. */
  async #say(live: { request(data: string): Promise<unknown> }, text: string): Promise<boolean> {
    try {
      await live.request(text)
      return true
    } catch (error) {
      if (error instanceof BrokenError) return false
      throw error
    }
  }

  /**
   * WebSocket clients whose messages of the servers are not all there, each once and in order.
   *
   * @param ends how many each server has sent that has ended
   * @param early servers that were there before the clients
   */
  wrong(ends: ReadonlyMap<string, number>, early: ReadonlySet<string>): number {
    return this.got.filter((own) =>
      [...ends].some(([epoch, end]) => {
        const numbers = own.get(epoch) ?? []
        const first = early.has(epoch) ? (numbers[0] ?? Number.NaN) : 1
        const right = numbers.every((n, i) => n === first + i) && numbers.at(-1) === end
        if (!right) {
          this.problems.add(
            `${epoch}: ${numbers.length} of ${end}, from ${numbers[0]} to ${numbers.at(-1)}`,
          )
        }
        return !right
      }),
    ).length
  }

  /** Messages of clients that a client never got; those that came twice are counted. */
  missed(): number {
    let missed = 0
    for (const own of this.got) {
      for (const [from, numbers] of own) {
        if (!from.startsWith('client-')) continue
        const distinct = new Set(numbers).size
        this.count.twice += numbers.length - distinct
        missed += Math.max(...numbers) - distinct
      }
    }
    return missed
  }
}
