import { atTurnEnd } from '../output/turn.ts'
import type { TurnJob } from '../output/turn.ts'
import type { Bus, BusListener } from './bus.ts'

/** A bus within one process, for tests and for rooms that move to several processes later. */
export function memoryBus(): Bus {
  return new MemoryBus()
}

class MemoryBus implements Bus, TurnJob {
  readonly #listeners = new Map<string, Set<BusListener>>()
  #published: { readonly topic: string; readonly text: string }[] = []

  publish(topic: string, text: string): void {
    if (this.#published.push({ topic, text }) === 1) atTurnEnd(this)
  }

  subscribe(topic: string, listener: BusListener): Disposable {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    listeners.add(listener)
    listener.connected()
    return { [Symbol.dispose]: () => listeners.delete(listener) }
  }

  endTurn(): void {
    const published = this.#published
    this.#published = []
    for (const { topic, text } of published) {
      for (const listener of this.#listeners.get(topic) ?? []) listener.message(text)
    }
  }
}
