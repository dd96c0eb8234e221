import { measure } from './measure.ts'
import type { Growth } from './report.ts'
import type { Suite } from './suite.ts'

/** How many there are at once. */
const sizes = [10, 1000, 100_000]
/** How many operations a sample makes, whatever the size. */
const OPERATIONS = 100_000

/** The same work with ever more at once: the cost per operation must stay flat. */
export function growing(title: string, work: (size: number) => Promise<unknown>): Suite {
  const cases: Record<string, (n: number) => Promise<unknown>> = {}
  for (const size of sizes) {
    cases[size] = async (n) => {
      for (let done = 0; done < n; done += size) await work(size)
    }
  }
  return { title, operation: 'one of them', n: OPERATIONS, cases }
}

/** Measures each growing suite of a file. */
export async function growth(file: string): Promise<Growth[]> {
  const { suites } = (await import(file)) as { suites: Suite[] }
  const growths: Growth[] = []
  for (const [index, suite] of suites.entries()) {
    const figures = await measure(`${file}#${index}`, suite, { rounds: 3, python: false })
    const values = figures.map(({ median }) => median)
    growths.push({ title: suite.title, sizes, values })
    console.log(`${suite.title}: ${values.map((value) => `${value.toFixed(0)} ns`).join(', ')}`)
  }
  return growths
}
