import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'

const CLI = join(import.meta.dirname, '../../../src/cli.ts')

const registration = (id: string): string =>
  JSON.stringify({
    client_id: id,
    client_name: 'The Shop',
    redirect_uris: ['https://shop.example/cb'],
    profile: 'compatible',
    jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] },
  })

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

/** A process of its own, as `npx --no esignet` starts it. `readBytesMax`: the reader of the pipe leaves then. */
const esignet = (args: readonly string[], input = '', readBytesMax = Infinity): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: 'pipe' })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.length >= readBytesMax) child.stdout.destroy()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
    child.stdin.end(input)
  })

describe('command line, as a process', function () {
  this.timeout(60_000)
  let data: string
  before(() => {
    data = mkdtempSync(join(tmpdir(), 'esignet-process-'))
  })
  after(() => rmSync(data, { recursive: true }))

  it('several at once on one folder register, and the registers double nothing (rule 37)', async () => {
    const ids = ['one', 'two']
    const added = await Promise.all(ids.map((id) => esignet(['client', 'add', '-', '--data', data], registration(id))))
    for (const { code, err } of added) expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    const [list, verified] = await Promise.all([
      esignet(['client', 'list', '--json', '--data', data]),
      esignet(['audit', 'verify', '--json', '--data', data]),
    ])
    const rows = JSON.parse(list.out) as readonly { client: string; revision: number }[]
    expect(rows.map((row) => row.client).sort()).to.deep.equal([...ids].sort())
    expect(rows.every((row) => row.revision === 0)).to.equal(true)
    const verdict = JSON.parse(verified.out) as { wrong: number; records: number; events: number }
    expect(verdict).to.include({ wrong: 0 })
    expect(verdict.records).to.equal(verdict.events)
  })

  it('a reader that leaves is no crash', async () => {
    const { err } = await esignet(['help'], '', 1)
    expect(err).to.equal('')
  })
})
