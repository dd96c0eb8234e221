import { MisuseError } from 'corral'
import type { Capability } from './capability.ts'
import { requireCapability } from './capability.ts'

/** The verbs of a store without steps and cron: each refuses by its name. */
export class RefusingStore {
  declare readonly name: string
  declare readonly capabilities: ReadonlySet<Capability>

  steps(): never {
    return this.refuse('steps', 'steps')
  }
  recordStep(): never {
    return this.refuse('recordStep', 'steps')
  }
  schedules(): never {
    return this.refuse('schedules', 'cron')
  }
  setSchedule(): never {
    return this.refuse('setSchedule', 'cron')
  }
  fire(): never {
    return this.refuse('fire', 'cron')
  }

  protected refuse(verb: string, capability: Capability): never {
    requireCapability(`JobStore.${verb}`, this, capability, 'it')
    throw new Error(`${this.name} lacks ${verb}`)
  }

  protected refuseTransaction(verb: string, tx: unknown): void {
    if (tx === undefined) return
    throw new MisuseError(`${this.name}.${verb}: it has no transactions; leave out tx`)
  }
}
