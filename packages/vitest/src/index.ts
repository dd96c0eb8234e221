import { explore, testRun } from 'corral/testing'
import type { ExploreOptions, TestRunOptions } from 'corral/testing'
import { test as vitestTest } from 'vitest'
import type { TestAPI, TestContext } from 'vitest'
import { Attachments } from './attachments.ts'
import { mainOf } from './main-of.ts'
import { quote, withRerunLine } from './rerun.ts'
import { exploreSettingsOf, settingsOf } from './settings.ts'

/** The body of a test; it may use the context of vitest, with the fixtures of `extend`. */
export type Body<Context = TestContext> = (context: Context) => unknown

/** How long a test may take, in real milliseconds, as vitest takes it. It stops then, and tells what it has. */
export interface TestTime {
  readonly timeout?: number
}

export interface Kind<Options, Context = TestContext> {
  (name: string, body: Body<Context>, options?: Options & TestTime): void
  /** Only this one. */
  only(name: string, body: Body<Context>, options?: Options & TestTime): void
  /** Not this one. */
  skip(name: string, body: Body<Context>, options?: Options & TestTime): void
  /** Beside other tests of the file that are `concurrent`. */
  concurrent(name: string, body: Body<Context>, options?: Options & TestTime): void
  /** Expected to fail. */
  fails(name: string, body: Body<Context>, options?: Options & TestTime): void
  /** To be written. */
  todo(name: string): void
  /** One test for each case; a case that is an array is spread into parameters. */
  each<T>(
    cases: readonly T[],
  ): (
    name: string,
    body: (...args: T extends readonly unknown[] ? [...T] : [T]) => unknown,
    options?: Options & TestTime,
  ) => void
  /** One test for each case, which is given as it is, with the context. */
  for<T>(
    cases: readonly T[],
  ): (
    name: string,
    body: (value: T, context: Context) => unknown,
    options?: Options & TestTime,
  ) => void
}

/** `test`, and `test.explore`, with the same fixtures. */
export interface CorralTest<Context = TestContext> extends Kind<TestRunOptions, Context> {
  readonly explore: Kind<ExploreOptions, Context>
  /** The same with fixtures, as `test.extend` of vitest makes them: they are set up once, outside of virtual time. */
  extend<Fixtures extends object>(fixtures: Fixtures): CorralTest<Context & ValuesOf<Fixtures>>
}

/** What the fixtures of `extend` give: the value itself, or what its function hands to `use`. */
export type ValuesOf<Fixtures> = {
  [K in keyof Fixtures]: Fixtures[K] extends (
    context: never,
    use: (value: infer V) => Promise<void>,
  ) => unknown
    ? V
    : Fixtures[K]
}

/**
 * `test` runs its body in virtual time, by `testRun`; `test.explore` runs it under many schedules, by
 * `explore`. A failure ends with the command that runs it again. A `test` that fails or hangs has its tasks, what they wait
 * for, and a trace for Perfetto attached: vitest keeps them in its `attachmentsDir`.
 *
 * CORRAL_SEED seeds chance (a number, or `random`), CORRAL_REPLAY replays one schedule, CORRAL_TIMELINES
 * is the folder that timelines of failures are written to, CORRAL_ARTIFACTS the one that failures are kept in.
 *
 * @example
 * test('a minute passes at once', async () => {
 *   await sleep(60_000)
 *   expect(now()).toBe(60_000)
 * })
 * test.explore('no deposit is lost', async () => {
 *   const account = new Account()
 *   await gather([() => account.deposit(1), () => account.deposit(2)])
 *   expect(account.balance).toBe(3)
 * })
 */
export const test: CorralTest = testOn(vitestTest)

function testOn(base: TestAPI): CorralTest {
  const inTime = kind<TestRunOptions>(
    base,
    (body, _name, options) => testRun(body, settingsOf(options)),
    true,
  )
  // It runs a program many times; its own page shows the run that failed.
  const explored = kind<ExploreOptions>(
    base,
    (body, name, options) => explore(body, exploreSettingsOf(name, options)),
    false,
  )
  const extend = (fixtures: object): unknown => testOn(base.extend(fixtures as never) as TestAPI)
  return Object.assign(inTime, { explore: explored, extend }) as CorralTest
}

type Runner<Options> = (body: () => unknown, name: string, options: Options) => Promise<unknown>
type Define = (
  name: string,
  options: TestTime,
  body: (...args: never[]) => Promise<void>,
) => unknown

/** So much of a test's time is its own; the rest is for the report. */
const SHARE = 0.8
const USUAL_TIME = 5000

function kind<Options extends TestRunOptions>(
  base: TestAPI,
  run: Runner<Options>,
  attaches: boolean,
): Kind<Options, TestContext> {
  const inContext = async (
    body: Body,
    context: TestContext,
    options: (Options & TestTime) | undefined,
  ): Promise<void> => {
    const { timeout = context.task.timeout || USUAL_TIME, ...given } = options ?? ({} as TestTime)
    const timeLimit = timeout * SHARE
    using attachments = attaches ? new Attachments() : undefined
    try {
      const name = context.task.fullTestName
      const main = mainOf(body, context, options as { readonly module?: unknown } | undefined)
      await run(attachments?.watch(main) ?? main, name, { timeLimit, ...given } as Options)
    } catch (error) {
      await attachments?.attach(context, error)
      throw withRerunLine(error, commandFor(context))
    }
  }
  const with_ =
    (define: Define) =>
    (name: string, body: Body, options?: Options & TestTime): void => {
      const wrapped = (context: TestContext): Promise<void> => inContext(body, context, options)
      define(name, timeOf(options), looksLike(body, wrapped))
    }
  const each =
    (cases: readonly unknown[]) =>
    (name: string, body: (...args: never[]) => unknown, options?: Options & TestTime): void => {
      const spread = (value: unknown): unknown =>
        body(...((Array.isArray(value) ? value : [value]) as never[]))
      const define = base.for(
        cases.map((value) => (Array.isArray(value) ? [value] : value)) as never,
      )
      const wrapped = (value: unknown, context: TestContext): Promise<void> =>
        inContext(() => spread(Array.isArray(value) ? value[0] : value), context, options)
      ;(define as unknown as Define)(name, timeOf(options), wrapped)
    }
  const for_ =
    (cases: readonly unknown[]) =>
    (
      name: string,
      body: (value: never, context: TestContext) => unknown,
      options?: Options & TestTime,
    ): void => {
      const wrapped = (value: unknown, context: TestContext): Promise<void> =>
        inContext(() => body(value as never, context), context, options)
      const define = base.for(cases as never) as unknown as Define
      define(name, timeOf(options), looksLike(body, wrapped as never))
    }
  return Object.assign(with_(base as unknown as Define), {
    only: with_(base.only as unknown as Define),
    skip: with_(base.skip as unknown as Define),
    concurrent: with_(base.concurrent as unknown as Define),
    fails: with_(base.fails as unknown as Define),
    todo: (name: string): void => base.todo(name),
    each,
    for: for_,
  }) as Kind<Options>
}

function timeOf(options: TestTime | undefined): TestTime {
  return options?.timeout === undefined ? {} : { timeout: options.timeout }
}

/** vitest reads from the text of a function which fixtures it uses. */
function looksLike<F extends (...args: never[]) => unknown>(
  body: (...args: never[]) => unknown,
  wrapped: F,
): (...args: never[]) => Promise<void> {
  const text = body.toString()
  return Object.assign(wrapped, { toString: () => text }) as never
}

function commandFor({ task }: TestContext): string {
  const pattern = task.fullTestName.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  return `npx vitest run ${quote(task.file.name)} -t ${quote(pattern)}`
}
