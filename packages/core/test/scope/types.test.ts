import { expectTypeOf, test } from 'vitest'
import {
  CancelScope,
  gather,
  mapConcurrent,
  moveOnAfter,
  race,
  run,
  shield,
  sleep,
  spawn,
  supervisor,
  taskGroup,
  timeout,
  timeoutAt,
} from '../../src/index.ts'
import type { openGroup, Task, TaskGroup } from '../../src/index.ts'

/** What a query builder is: it runs when it is awaited. */
declare const lazy: PromiseLike<Date>
declare const task: Task<string>

const onError = (): void => {}

test('taskGroup and supervisor have no value when they were cancelled', () => {
  const value = async (): Promise<number> => 1
  expectTypeOf(() => taskGroup(value)).returns.toEqualTypeOf<Promise<number | undefined>>()
  expectTypeOf(() => supervisor(value, { onError })).returns.toEqualTypeOf<
    Promise<number | undefined>
  >()
  expectTypeOf(() => new CancelScope().run(value)).returns.toEqualTypeOf<
    Promise<number | undefined>
  >()
})

test('taskGroup and supervisor say nothing of a body without a value', () => {
  const nothing = async (): Promise<void> => {}
  expectTypeOf(() => taskGroup(nothing)).returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf(() => taskGroup(() => {})).returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf(() => supervisor(nothing, { onError })).returns.toEqualTypeOf<Promise<void>>()
})

test('run, timeout and shield throw where there is no value', () => {
  const value = async (): Promise<number> => 1
  expectTypeOf(() => run(value)).returns.toEqualTypeOf<Promise<number>>()
  expectTypeOf(() => timeout(1, value)).returns.toEqualTypeOf<Promise<number>>()
  expectTypeOf(() => timeoutAt(1, value)).returns.toEqualTypeOf<Promise<number>>()
  expectTypeOf(() => shield(value)).returns.toEqualTypeOf<Promise<number>>()
})

test('moveOnAfter has a value only where it did not time out', () => {
  const value = async (): Promise<number> => 1
  expectTypeOf(() => moveOnAfter(1, value)).returns.resolves.toEqualTypeOf<
    { readonly timedOut: false; readonly value: number } | { readonly timedOut: true }
  >()
})

test('a body may return whatever can be awaited', () => {
  expectTypeOf(() => run(() => lazy)).returns.toEqualTypeOf<Promise<Date>>()
  expectTypeOf(() => timeout(1, () => task)).returns.toEqualTypeOf<Promise<string>>()
  expectTypeOf(() => shield(() => lazy)).returns.toEqualTypeOf<Promise<Date>>()
  expectTypeOf(() => taskGroup(() => lazy)).returns.toEqualTypeOf<Promise<Date | undefined>>()
  expectTypeOf(() => spawn(() => lazy)).returns.toEqualTypeOf<Task<Date>>()
  expectTypeOf(() => spawn(() => 1)).returns.toEqualTypeOf<Task<number>>()
})

test('bodies are handed their scope or their group', () => {
  type Body<F extends (...args: never) => unknown> = Extract<Parameters<F>[number], Function>
  expectTypeOf<Body<typeof run>>().parameter(0).toEqualTypeOf<CancelScope>()
  expectTypeOf<Body<typeof spawn>>().parameter(0).toEqualTypeOf<CancelScope>()
  expectTypeOf<Body<typeof timeout>>().parameter(0).toEqualTypeOf<CancelScope>()
  expectTypeOf<Body<typeof timeoutAt>>().parameter(0).toEqualTypeOf<CancelScope>()
  expectTypeOf<Body<typeof moveOnAfter>>().parameter(0).toEqualTypeOf<CancelScope>()
  expectTypeOf<Body<typeof shield>>().parameter(0).toEqualTypeOf<CancelScope>()
  expectTypeOf<Body<typeof taskGroup>>().parameter(0).toEqualTypeOf<TaskGroup>()
  expectTypeOf<Body<typeof supervisor>>().parameter(0).toEqualTypeOf<TaskGroup>()
})

test('gather keeps the shape of what it was given', () => {
  expectTypeOf(() => gather([async () => 1, () => lazy])).returns.resolves.toEqualTypeOf<
    [number, Date]
  >()
  expectTypeOf(() => gather({ a: async () => 1, b: () => 'b' })).returns.resolves.toEqualTypeOf<{
    a: number
    b: string
  }>()
  expectTypeOf(() => race([async () => 1, () => 'b'])).returns.resolves.toEqualTypeOf<
    number | string
  >()
  expectTypeOf(() =>
    mapConcurrent([1], async (n) => `${n}`, { concurrency: 1 }),
  ).returns.toEqualTypeOf<Promise<string[]>>()
})

test('a group hands out tasks with the type of their work', () => {
  type Group = ReturnType<typeof openGroup>
  expectTypeOf<Group>().toExtend<TaskGroup & AsyncDisposable>()
  const started = (group: Group): Promise<number> =>
    group.start<number>(async (ready) => ready(8080))
  expectTypeOf(started).returns.toEqualTypeOf<Promise<number>>()
  const spawned = (group: Group) => group.spawn(async () => 'value')
  expectTypeOf(spawned).returns.toEqualTypeOf<Task<string>>()
  const heard = (group: Group) => group.callback((ms: number, factor: number) => sleep(ms * factor))
  expectTypeOf(heard).returns.parameters.toEqualTypeOf<[ms: number, factor: number]>()
  expectTypeOf(heard).returns.returns.toEqualTypeOf<Task<void>>()
})
