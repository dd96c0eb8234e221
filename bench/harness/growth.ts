import { measure } from './measure.ts'
import type { Growth } from './report.ts'
import type { Suite } from './suite.ts'

const sizes = [10, 1000, 100_000]

/** Measures each suite of a file at growing sizes. */
export async function growth(file: string): Promise<Growth[]> {
  const { suites } = (await import(file)) as { suites: Suite[] }
  const growths: Growth[] = []
  for (const [index, suite] of suites.entries()) {
    const values: number[] = []
    for (const n of sizes) {
      const [ours] = await measure(`${file}#${index}`, suite, { rounds: 3, python: false, n })
      values.push(ours?.median ?? Number.NaN)
    }
    growths.push({ title: suite.title, sizes, values })
    console.log(`${suite.title}: ${values.map((value) => `${value.toFixed(0)} ns`).join(', ')}`)
  }
  return growths
}
