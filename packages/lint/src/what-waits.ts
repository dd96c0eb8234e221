/** What a call gives: `wait` is a promise that wants to be awaited, anything else an object of that class. */
export type Gives =
  | 'wait'
  | 'Receiver'
  | 'Sender'
  | 'Stream'
  | 'Task'
  | 'TaskGroup'
  | 'WorkerIteration'

/** The functions of each module. */
export const functions: ReadonlyMap<string, ReadonlyMap<string, Gives>> = new Map([
  [
    'corral',
    new Map<string, Gives>([
      ...waiting(
        ...['any', 'cancellable', 'checkpoint', 'gather', 'gatherSettled', 'mapConcurrent'],
        ...['moveOnAfter', 'open', 'race', 'retry', 'run', 'select', 'shield', 'sleep'],
        ...['sleepUntil', 'staggeredRace', 'supervisor', 'taskGroup', 'timeout', 'timeoutAt'],
      ),
      ['openGroup', 'TaskGroup'],
      ['spawn', 'Task'],
      ...streaming('combineLatest', 'concat', 'interval', 'merge', 'range', 'stream', 'zip'),
    ]),
  ],
  [
    'corral/testing',
    new Map(waiting('assertCheckpoint', 'explore', 'failpoint', 'testRun', 'waitAllBlocked')),
  ],
])

/** The methods of each class. */
export const methods: ReadonlyMap<string, ReadonlyMap<string, Gives>> = new Map(
  Object.entries<readonly (readonly [string, Gives])[]>({
    Barrier: waiting('wait'),
    Batcher: waiting('load'),
    Broadcast: [['subscribe', 'Receiver']],
    CancelScope: waiting('run'),
    CapacityLimiter: waiting('acquire', 'use'),
    CircuitBreaker: waiting('use'),
    Condition: waiting('wait', 'waitFor'),
    Event: waiting('wait'),
    Future: waiting('wait'),
    HttpSession: waiting('close', 'get', 'request'),
    Keyed: waiting('use'),
    LifoQueue: waiting('get', 'join', 'put'),
    Link: [],
    Lock: waiting('acquire', 'use'),
    Once: waiting('get'),
    Pool: waiting('acquire', 'drain', 'use'),
    PriorityQueue: waiting('get', 'join', 'put'),
    Queue: waiting('get', 'join', 'put'),
    RateLimiter: waiting('acquire'),
    Receiver: [...waiting('receive'), ['clone', 'Receiver']],
    RwLock: waiting('read', 'write'),
    Semaphore: waiting('acquire', 'use'),
    Sender: [...waiting('send'), ['clone', 'Sender']],
    Sequencer: waiting('turn'),
    SingleFlight: waiting('run'),
    Stream: [
      ...waiting('forEach', 'pipeTo', 'reduce', 'toArray'),
      ...streaming('buffer', 'chunk', 'conflate', 'debounce', 'filter', 'flatMap', 'map', 'retry'),
      ...streaming('scan', 'share', 'skip', 'take', 'takeUntil', 'tap', 'throttle', 'timeout'),
    ],
    Task: waiting('settled'),
    TaskGroup: [...waiting('join', 'start'), ['spawn', 'Task']],
    Watch: [...waiting('changed'), ['subscribe', 'Receiver']],
    WorkerIteration: [],
    WorkerPool: [...waiting('close', 'run'), ['iterate', 'WorkerIteration']],
  }).map(([name, entries]) => [name, new Map(entries)]),
)

/** What `for await` over an object of the class waits for. */
export const awaitedLoops: ReadonlySet<string> = new Set([
  'LifoQueue',
  'PriorityQueue',
  'Queue',
  'Receiver',
  'Stream',
  'WorkerIteration',
])

/** What a function that is handed to one of these is called with. */
export const handedOver: ReadonlyMap<string, string> = new Map([
  ['CancelScope.run', 'CancelScope'],
  ['supervisor', 'TaskGroup'],
  ['taskGroup', 'TaskGroup'],
])

/** Whether a module is this project's. */
export function isOurs(module: string): boolean {
  return /^(@corral\/|corral(\/|$))/.test(module)
}

function streaming(...names: readonly string[]): [string, Gives][] {
  return names.map((name) => [name, 'Stream'])
}

function waiting(...names: readonly string[]): [string, Gives][] {
  return names.map((name) => [name, 'wait'])
}
