/** Runs all of them in a process of its own; exits with 1 at the first that fails. */
import { explorePrimitive, primitives } from './explore-primitive.ts'

const filter = process.argv[2] ?? ''
for (const primitive of primitives) {
  if (!primitive.name.includes(filter)) continue
  try {
    const began = performance.now()
    process.stdout.write(`${primitive.name}\n`) // so that it is known which one never ended
    const schedules = await explorePrimitive(primitive)
    const ms = Math.round(performance.now() - began)
    process.stdout.write(
      `${String(schedules).padStart(6)} schedules ${String(ms).padStart(5)} ms  ${primitive.name}\n`,
    )
  } catch (error) {
    process.stdout.write(`FOUND  ${primitive.name}\n${(error as Error).message}\n`)
    process.exit(1)
  }
}
