import type { BusListener } from './bus.ts'

/** The listeners of each topic of a bus. */
export class TopicListeners {
  readonly #topics = new Map<string, Set<BusListener>>()

  get topics(): string[] {
    return [...this.#topics.keys()]
  }

  /** True when the topic is new. */
  add(topic: string, listener: BusListener): boolean {
    const listeners = this.#topics.get(topic)
    listeners?.add(listener)
    if (listeners === undefined) this.#topics.set(topic, new Set([listener]))
    return listeners === undefined
  }

  /** True when the topic has no listeners left. */
  delete(topic: string, listener: BusListener): boolean {
    const listeners = this.#topics.get(topic)
    listeners?.delete(listener)
    return listeners?.size === 0 && this.#topics.delete(topic)
  }

  message(topic: string, text: string): void {
    for (const listener of this.#topics.get(topic) ?? []) listener.message(text)
  }

  connected(): void {
    for (const topic of this.topics) this.connectedTo(topic)
  }

  connectedTo(topic: string): void {
    for (const listener of this.#topics.get(topic) ?? []) listener.connected()
  }
}
