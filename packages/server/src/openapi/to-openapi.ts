import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { Route } from '../api/route.ts'

type JsonObject = Record<string, unknown>

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
}

const PLACES = [
  ['query', 'query'],
  ['headers', 'header'],
] as const

/** The OpenAPI 3.1 document of some routes. A schema without JSON Schema support allows anything. */
export function toOpenApi({ title, version }: OpenApiInfo, routes: readonly Route[]): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const route of routes) {
    const path = route.pattern.replaceAll(/(?:\*\*)?:(\w+)(?:\([^)]*\))?[?+*]?/g, '{$1}')
    const item = (paths[path] ??= {})
    item[route.method.toLowerCase()] = operation(route, path)
  }
  return { openapi: '3.1.0', info: { title, version }, paths }
}

function operation({ options }: Route, path: string): JsonObject {
  const { body, response, summary } = options
  const parameters = [...inPath(path, options.params)]
  for (const [part, place] of PLACES) parameters.push(...listed(place, options[part]))
  return {
    ...(summary === undefined ? undefined : { summary }),
    ...(parameters.length === 0 ? undefined : { parameters }),
    ...(body === undefined
      ? undefined
      : { requestBody: { required: true, content: content('application/json', schemaOf(body)) } }),
    responses: {
      '200': {
        description: 'OK',
        ...(response === undefined
          ? undefined
          : { content: content('application/json', schemaOf(response, 'output')) }),
      },
      default: {
        description: 'a problem (RFC 9457)',
        content: content('application/problem+json', PROBLEM),
      },
    },
  }
}

const PROBLEM = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
  },
  required: ['title', 'status'],
}

function content(type: string, schema: JsonObject): JsonObject {
  return { [type]: { schema } }
}

/** Path parameters are always present, with or without a schema. */
function* inPath(path: string, schema: StandardSchemaV1 | undefined): Iterable<JsonObject> {
  const properties = propertiesOf(schema)
  for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) {
    yield { name, in: 'path', required: true, schema: properties[name] ?? { type: 'string' } }
  }
}

function* listed(place: string, schema: StandardSchemaV1 | undefined): Iterable<JsonObject> {
  if (schema === undefined) return
  const { required = [] } = schemaOf(schema) as { required?: readonly string[] }
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    yield { name, in: place, required: required.includes(name), schema: property }
  }
}

function propertiesOf(schema: StandardSchemaV1 | undefined): Readonly<Record<string, JsonObject>> {
  if (schema === undefined) return {}
  const { properties = {} } = schemaOf(schema) as { properties?: Record<string, JsonObject> }
  return properties
}

function schemaOf(schema: StandardSchemaV1, side: 'input' | 'output' = 'input'): JsonObject {
  const standard: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> = schema['~standard']
  try {
    const { $schema: _, ...rest } = standard.jsonSchema?.[side]({ target: 'draft-2020-12' }) ?? {}
    return rest
  } catch {
    return {} // a type that JSON Schema cannot express
  }
}
