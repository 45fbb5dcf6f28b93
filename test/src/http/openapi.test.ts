import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect } from 'chai'
import { before, describe, it } from 'mocha'
import { format, resolveConfig } from 'prettier'
import { routes } from '../../../src/http/routes.ts'
import { house, openDoors } from './house.ts'

const FILE = join(import.meta.dirname, '../../../ops/openapi.json')

type Operation = {
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: unknown
}
type Document = {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

describe('the OpenAPI document', () => {
  let document: Document
  let body = ''
  before(async () => {
    const place = await house()
    const doors = await openDoors(place.world, routes)
    body = (await doors.send('GET', '/v1/esignet/openapi.json')).body
    document = JSON.parse(body) as Document
    await doors.close()
    await place.close()
  })

  it('ops/openapi.json is what the broker shows: ESIGNET_TEST_WRITE=1 npx mocha test/src/http/openapi.test.ts', async () => {
    const text = await format(body, { ...(await resolveConfig(FILE)), parser: 'json' })
    if (env['ESIGNET_TEST_WRITE'] !== undefined) writeFileSync(FILE, text)
    expect(readFileSync(FILE, 'utf8')).to.equal(text)
  })

  it('has every door once, described', () => {
    expect(document.openapi).to.equal('3.1.0')
    const doors = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const rows = routes
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
      .filter((row) => !row.endsWith('/openapi.json'))
    expect(doors).to.have.members(rows)
    expect(new Set(rows).size).to.equal(rows.length)
    for (const methods of Object.values(document.paths)) for (const { summary } of Object.values(methods)) expect(summary).to.match(/\.$/)
  })

  it('every reference leads somewhere, and every component is used', () => {
    const used = [...body.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference ?? '')
    const there = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
    expect(there).to.include.members(used)
    expect(used).to.include.members(there)
  })

  it('parameters stand where the door reads them', () => {
    expect(document.paths['/authorize']?.['get']?.parameters?.find(({ name }) => name === 'client_id')).to.include({
      in: 'query',
      required: true,
    })
    expect(document.paths['/authorize']?.['post']?.requestBody).to.be.an('object')
    expect(document.paths['/login/{transaction}/{step}']?.['post']?.parameters?.map(({ name }) => name)).to.deep.equal([
      'transaction',
      'step',
    ])
  })

  it('a request may hold more than is read of it', () => {
    expect(document.components.schemas['requests.token']).not.to.have.property('additionalProperties')
    expect(document.components.schemas['responses.token']).to.have.property('additionalProperties', false)
  })
})
