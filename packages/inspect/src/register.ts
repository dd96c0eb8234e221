/// <reference types="node" preserve="true" />

// node --import @corral/inspect/register app.ts: looks into a program that says nothing of it.
import { isMainThread } from 'node:worker_threads'
import { inspect } from './inspect.ts'

const { CORRAL_WATCHDOG, CORRAL_STUCK_AFTER, CORRAL_RECORDER, CORRAL_LISTEN } = process.env

// Threads load it too; what they do is theirs.
if (isMainThread) {
  inspect({
    ...(CORRAL_WATCHDOG !== undefined && {
      watchdog: CORRAL_WATCHDOG !== '0' && { threshold: Number(CORRAL_WATCHDOG) },
    }),
    ...(CORRAL_STUCK_AFTER !== undefined && { stuckAfter: Number(CORRAL_STUCK_AFTER) }),
    ...(CORRAL_RECORDER !== undefined && { recorder: CORRAL_RECORDER }),
    ...(CORRAL_LISTEN !== undefined && { listen: CORRAL_LISTEN === '1' || CORRAL_LISTEN }),
  })
}
