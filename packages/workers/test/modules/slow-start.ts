import { defineWorker } from '@corral/workers/thread'
import { setTimeout as delay } from 'node:timers/promises'

await delay(2000)
export const slow = defineWorker({ add: (a: number, b: number): number => a + b })
