import { Event } from 'corral'
import type { Hint } from './job-store.ts'

/** Passes hints on to all who listen; what nobody has taken yet is told once. */
export class Hints {
  readonly #listeners = new Set<Listener>()

  tell(about: Hint['about']): void {
    for (const { untold, changed } of this.#listeners) {
      untold.add(about)
      changed.set()
    }
  }

  async *listen(): AsyncGenerator<Hint, void> {
    const listener: Listener = { untold: new Set(), changed: new Event({ name: 'hint' }) }
    this.#listeners.add(listener)
    try {
      for (;;) {
        await listener.changed.wait()
        const told = [...listener.untold]
        listener.untold.clear()
        listener.changed.clear()
        for (const about of told) yield { about }
      }
    } finally {
      this.#listeners.delete(listener)
    }
  }
}

interface Listener {
  readonly untold: Set<Hint['about']>
  readonly changed: Event
}
