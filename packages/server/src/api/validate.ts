import type { StandardSchemaV1 } from '@standard-schema/spec'
import { HttpProblem } from '../errors.ts'

/** One thing that is wrong with a request, and where: `["body", "items", 0, "price"]`. */
export interface Issue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export type Part = 'params' | 'query' | 'headers' | 'body'

/** A part of a request, validated by its schema; problems are added to `issues`. */
export async function validate(
  schema: StandardSchemaV1,
  part: Part,
  value: unknown,
  issues: Issue[],
): Promise<unknown> {
  const checked = schema['~standard'].validate(value)
  // Most schemas are synchronous: then no turn is spent.
  const result = checked instanceof Promise ? await checked : checked
  if (result.issues === undefined) return result.value
  for (const { message, path = [] } of result.issues) {
    issues.push({ path: [part, ...path.map(toKey)], message })
  }
  return undefined
}

function toKey(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'number' ? key : String(key)
}

export function invalid(issues: readonly Issue[]): HttpProblem {
  return new HttpProblem(422, {
    detail: 'the request is not what this route takes',
    members: { issues },
  })
}

/** Checks a response against its schema. */
export async function checkAnswer(schema: StandardSchemaV1, value: unknown): Promise<void> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return
  const [issue] = result.issues
  const where = (issue?.path ?? []).map(toKey).join('.')
  throw new TypeError(`the answer is not what its route promises: ${where}: ${issue?.message}`)
}
