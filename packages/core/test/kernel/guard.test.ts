import { expect, it } from 'vitest'
import {
  Broadcast,
  exponential,
  LifoQueue,
  MisuseError,
  openChannel,
  Pool,
  PriorityQueue,
  Queue,
  RateLimiter,
  retry,
  RetryBudget,
} from '../../src/index.ts'

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
  const message = `${name}: options must be an object, got undefined (undefined)`
  expect(make).toThrow(new MisuseError(message))
})

it('options that are no object are misuse, also where they may be left out', async () => {
  const count = 10 as never
  const message = 'options must be an object, got 10 (number)'
  expect(() => new Queue(count)).toThrow(new MisuseError(`Queue: ${message}`))
  expect(() => new LifoQueue(count)).toThrow(new MisuseError(`LifoQueue: ${message}`))
  await expect(retry(() => 1, count)).rejects.toThrow(new MisuseError(`retry: ${message}`))
  expect(() => new Pool(null as never)).toThrow('Pool: options must be an object, got null')
})
