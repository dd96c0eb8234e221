import type { Service } from './service.ts'
import { ackBeforeCommit } from './ack-before-commit.ts'
import { poisonedPool } from './poisoned-pool.ts'
import { poolAndLock } from './pool-and-lock.ts'
import { saga } from './saga.ts'
import { priceFeed } from './price-feed.ts'
import { cart } from './cart.ts'
import { autosave } from './autosave.ts'
import { cacheInvalidation } from './cache-invalidation.ts'
import { configReload } from './config-reload.ts'
import { gracefulStop } from './graceful-stop.ts'
import { halfOpen } from './half-open.ts'
import { idempotencyKey } from './idempotency-key.ts'
import { inFlightCache } from './in-flight-cache.ts'
import { leaseWorker } from './lease-worker.ts'
import { logClose } from './log-close.ts'
import { metricsBatch } from './metrics-batch.ts'
import { multipart } from './multipart.ts'
import { outboxRelay } from './outbox-relay.ts'
import { poolTimeout } from './pool-timeout.ts'
import { quota } from './quota.ts'
import { reconnect } from './reconnect.ts'
import { requeue } from './requeue.ts'
import { sessionSweeper } from './session-sweeper.ts'
import { tokenRotation } from './token-rotation.ts'
import { transferDeadlock } from './transfer-deadlock.ts'
import { seatHold } from './seat-hold.ts'

/** All of them, by name. */
export const services: Readonly<Record<string, Service>> = {
  autosave,
  cacheInvalidation,
  configReload,
  gracefulStop,
  halfOpen,
  idempotencyKey,
  inFlightCache,
  leaseWorker,
  logClose,
  metricsBatch,
  multipart,
  outboxRelay,
  poolTimeout,
  quota,
  reconnect,
  requeue,
  seatHold,
  sessionSweeper,
  tokenRotation,
  transferDeadlock,
  ackBeforeCommit,
  poisonedPool,
  poolAndLock,
  saga,
  priceFeed,
  cart,
}
