import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { published } from './discovery.ts'
import type { Reply } from './reply.ts'
import type { Route, RouteResponse } from './route.ts'
import type { World } from '../world.ts'
import { isObject, type JsonObject } from '../../domain/json.ts'

const SCHEMAS = join(import.meta.dirname, '../../schemas')

const readSchema = (file: string): JsonObject => JSON.parse(readFileSync(join(SCHEMAS, `${file}.json`), 'utf8')) as JsonObject

/** `requests/token` -> `requests.token`: a key that OpenAPI allows. */
const keyOf = (file: string): string => file.replaceAll('/', '.')

const SHARED = '/schemas/common.json#/$defs/'

const redirected = (key: string, item: unknown): unknown =>
  key === '$ref' && typeof item === 'string' ? item.replace(SHARED, '#/components/schemas/') : refer(item)

/** References lead to the document's own components. */
const refer = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(refer)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redirected(key, item)])) : value
}

/** A schema as a component: the document has identifiers of its own, and a request may hold more than what is read of it. */
const componentOf = (file: string): unknown => {
  const { $id: _id, additionalProperties, ...schema } = readSchema(file)
  return refer(file.startsWith('requests/') ? schema : { ...schema, additionalProperties })
}

const contentOf = ({ type, schema }: RouteResponse): JsonObject =>
  type === undefined
    ? {}
    : { content: { [type]: schema === undefined ? {} : { schema: { $ref: `#/components/schemas/${keyOf(schema)}` } } } }

const responsesOf = ({ responses }: Route): JsonObject =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [status, { description: response.description, ...contentOf(response) }]),
  )

const pathParameters = (path: string): readonly JsonObject[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

const queryParameters = (request: string): readonly JsonObject[] => {
  const { properties, required } = readSchema(request) as { readonly properties: JsonObject; readonly required: readonly string[] }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: refer(schema),
  }))
}

const bodyOf = (request: string): JsonObject => ({
  required: true,
  content: { 'application/x-www-form-urlencoded': { schema: { $ref: `#/components/schemas/${keyOf(request)}` } } },
})

const operationOf = (route: Route): JsonObject => {
  const { method, path, summary, request } = route
  const parameters = [...pathParameters(path), ...(method === 'GET' && request !== undefined ? queryParameters(request) : [])]
  return {
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(method === 'POST' && request !== undefined && { requestBody: bodyOf(request) }),
    responses: responsesOf(route),
  }
}

/** The shared words that a part of the document refers to. */
const namesIn = (part: unknown): readonly string[] =>
  [...JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '')

const componentsOf = (routes: readonly Route[]): JsonObject => {
  const files = routes.flatMap(({ request, responses }) => [request, ...Object.values(responses).map(({ schema }) => schema)])
  const named = [...new Set(files)].filter((file) => file !== undefined).sort()
  const components = Object.fromEntries(named.map((file) => [keyOf(file), componentOf(file)]))
  const shared = readSchema('common')['$defs'] as JsonObject
  const used = new Set(namesIn(components))
  // A set is read to its end, what is added meanwhile included: shared words may be made of shared words.
  for (const name of used) for (const inner of namesIn(refer(shared[name]))) used.add(inner)
  return { ...Object.fromEntries([...used].sort().map((name) => [name, refer(shared[name])])), ...components }
}

/** The OpenAPI 3.1 description of the doors, from their table. */
const openapiDocument = (routes: readonly Route[]): JsonObject => ({
  openapi: '3.1.0',
  info: {
    title: 'eSignet',
    version: '1',
    description: 'OpenID Connect provider in front of a national ID system. Pages below /login are for a person and their browser.',
    license: { name: 'MPL-2.0', identifier: 'MPL-2.0' },
  },
  paths: Object.fromEntries(
    [...Map.groupBy(routes, ({ path }) => path)].map(([path, rows]) => [
      path.replace(/:(\w+)/g, '{$1}'),
      Object.fromEntries(rows.map((route) => [route.method.toLowerCase(), operationOf(route)])),
    ]),
  ),
  components: { schemas: componentsOf(routes) },
})

/** The door that shows it. It is made when somebody asks for the first time. */
export const openapi = (routes: readonly Route[]): ((world: World) => Promise<Reply>) => {
  let document: Reply | undefined
  return async () => (document ??= published(openapiDocument(routes)))
}
