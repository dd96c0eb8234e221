import type { Planted } from './planted.ts'
import { aba } from './aba.ts'
import { answerBeforeQuestion } from './answer-before-question.ts'
import { cacheStampede } from './cache-stampede.ts'
import { doubleSignup } from './double-signup.ts'
import { earlyRelease } from './early-release.ts'
import { flushLosesBatch } from './flush-loses-batch.ts'
import { halfInitialised } from './half-initialised.ts'
import { lockOrder } from './lock-order.ts'
import { longGap } from './long-gap.ts'
import { lostPermit } from './lost-permit.ts'
import { lostUpdate } from './lost-update.ts'
import { missedNotify } from './missed-notify.ts'
import { overBudget } from './over-budget.ts'
import { philosophers } from './philosophers.ts'
import { retryChargesTwice } from './retry-charges-twice.ts'
import { reusedBarrier } from './reused-barrier.ts'
import { shutdownLosesItem } from './shutdown-loses-item.ts'
import { staleAnswer } from './stale-answer.ts'
import { staleCleanup } from './stale-cleanup.ts'
import { startStop } from './start-stop.ts'
import { timeoutLeaksConnection } from './timeout-leaks-connection.ts'
import { tokenRefresh } from './token-refresh.ts'
import { twoLeaders } from './two-leaders.ts'
import { unsubscribeWhileSending } from './unsubscribe-while-sending.ts'
import { nestedPool } from './nested-pool.ts'
import { useAfterClose } from './use-after-close.ts'
import { writeBehind } from './write-behind.ts'

/** All of them, by name. */
export const planted: Readonly<Record<string, Planted>> = {
  aba,
  answerBeforeQuestion,
  cacheStampede,
  doubleSignup,
  earlyRelease,
  flushLosesBatch,
  halfInitialised,
  lockOrder,
  longGap,
  lostPermit,
  lostUpdate,
  missedNotify,
  overBudget,
  philosophers,
  retryChargesTwice,
  reusedBarrier,
  shutdownLosesItem,
  staleAnswer,
  staleCleanup,
  startStop,
  timeoutLeaksConnection,
  tokenRefresh,
  twoLeaders,
  unsubscribeWhileSending,
  nestedPool,
  useAfterClose,
  writeBehind,
}
