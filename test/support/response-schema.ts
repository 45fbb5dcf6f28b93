import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './broker.ts'

const read = (path: string): object => JSON.parse(readFileSync(join(ROOT, 'schemas', path), 'utf8')) as object

/** What of an answer is not as its schema says: for documents that the broker makes and others read. */
export const problemsIn = (name: string, value: unknown): readonly string[] => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addSchema(read('common.json'))
  const validate = ajv.compile(read(`responses/${name}.json`))
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
}
