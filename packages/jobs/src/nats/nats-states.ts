import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'

/** A value and what must not have changed for the next one to be taken. */
export interface Stated<T> {
  readonly value: T
  readonly revision: number
}

/** Values by key, the last one of each, in a stream. What is written states what it replaces. */
export class NatsStates {
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #prefix: string

  constructor(client: JetStreamClient, manager: JetStreamManager, prefix: string) {
    this.#client = client
    this.#manager = manager
    this.#prefix = prefix
  }

  async get<T>(key: string): Promise<Stated<T> | undefined> {
    const subject = `${this.#prefix}.state.${key}`
    const found = await this.#manager.direct.getMessage(`${this.#prefix}-state`, {
      last_by_subj: subject,
    })
    return found === null ? undefined : { value: found.json<T>(), revision: found.seq }
  }

  /** @param revision of what is replaced; 0 when there is nothing @returns false when that has changed */
  async put(key: string, value: object, revision: number): Promise<boolean> {
    try {
      await this.#client.publish(`${this.#prefix}.state.${key}`, JSON.stringify(value), {
        expect: { lastSubjectSequence: revision },
      })
      return true
    } catch (error) {
      if (/wrong last sequence/.test((error as Error).message)) return false
      throw error
    }
  }

  async remove(key: string): Promise<void> {
    const filter = `${this.#prefix}.state.${key}`
    await this.#manager.streams.purge(`${this.#prefix}-state`, { filter })
  }

  /** The keys that begin with a word. */
  async keys(word: string): Promise<readonly string[]> {
    const { state } = await this.#manager.streams.info(`${this.#prefix}-state`, {
      subjects_filter: `${this.#prefix}.state.${word}.>`,
    })
    return Object.keys(state.subjects ?? {}).map((subject) =>
      subject.slice(this.#prefix.length + 7),
    )
  }
}
