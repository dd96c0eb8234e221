import { expect, it } from 'vitest'
import {
  Broadcast,
  exponential,
  LifoQueue,
  mapConcurrent,
  MisuseError,
  openChannel,
  Pool,
  PriorityQueue,
  Queue,
  RateLimiter,
  retry,
  RetryBudget,
  staggeredRace,
} from '../../src/index.ts'
import { describe } from '../../src/kernel/guard.ts'

const missing = undefined as never

it.each<[name: string, make: () => unknown]>([
  ['openChannel', () => openChannel(missing)],
  ['Broadcast', () => new Broadcast(missing)],
  ['PriorityQueue', () => new PriorityQueue(missing)],
  ['Pool', () => new Pool(missing)],
  ['RateLimiter', () => new RateLimiter(missing)],
  ['RetryBudget', () => new RetryBudget(missing)],
  ['exponential', () => exponential(missing)],
])('%s without its options is misuse', (name, make) => {
  const message = `${name}: options must be an object, got undefined`
  expect(make).toThrow(new MisuseError(message))
})

it('options that are no object are misuse, also where they may be left out', async () => {
  const count = 10 as never
  const message = 'options must be an object, got 10 (number)'
  expect(() => new Queue(count)).toThrow(new MisuseError(`Queue: ${message}`))
  expect(() => new LifoQueue(count)).toThrow(new MisuseError(`LifoQueue: ${message}`))
  await expect(retry(() => 1, count)).rejects.toThrow(new MisuseError(`retry: ${message}`))
  const refusal = (name: string) => new MisuseError(`${name}: ${message}`)
  await expect(mapConcurrent([1], () => 1, count)).rejects.toThrow(refusal('mapConcurrent'))
  await expect(staggeredRace([() => 1], count)).rejects.toThrow(refusal('staggeredRace'))
  expect(() => new Pool(null as never)).toThrow('Pool: options must be an object, got null')
})

it('a bad value is shown with its type, also one whose constructor has no name', () => {
  const shown = [
    undefined,
    null,
    NaN,
    'x',
    [1],
    new Map(),
    Object.create(null),
    (async function* () {})(),
  ]
  expect(shown.map(describe)).toEqual([
    'undefined',
    'null',
    'NaN (number)',
    '"x" (string)',
    'an array of 1 (array)',
    'Map (object)',
    'Object (object)',
    'AsyncGenerator (object)',
  ])
})
