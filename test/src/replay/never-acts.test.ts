import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { sqliteEventStore } from '../../../adapters/event-store/sqlite/sqlite-event-store.ts'
import { readOnly } from '../../../src/read-only.ts'
import { openJournal } from '../../../src/journal.ts'
import { replayAll } from '../../../src/replay/replay-all.ts'
import { whatIfAll } from '../../../src/replay/what-if-all.ts'
import { ROOT } from '../../support/broker.ts'
import { faultOf } from '../../support/fault-of.ts'
import { keptLog, policy, systemTimers } from '../../support/given.ts'
import { logins, personOf, txOf } from '../../support/logins.ts'

/** Neither a file, nor the network, nor a thread or another process: Node itself refuses them. */
const LOOKING = ['--permission', '--allow-fs-read=*']

describe('REPLAY-06: a replay never writes and never calls out', function () {
  this.timeout(60_000)
  let data: string
  const clock = { now: () => new Date().toISOString() }
  const open = (looks: boolean) =>
    sqliteEventStore({ file: join(data, 'events.db'), clock, timers: systemTimers, log: keptLog(), readOnly: looks })

  before(async () => {
    data = mkdtempSync(join(tmpdir(), 'esignet-replay-'))
    const made = await logins(policy, await open(false))
    for (let n = 0; n < 3; n += 1) {
      await made.start(txOf(n))
      await made.choose(txOf(n), personOf(n))
      await made.prove(txOf(n), 'wrong')
      await made.prove(txOf(n), 'right')
      await made.agree(txOf(n))
      await made.exchange(txOf(n))
    }
    await made.close()
    writeFileSync(join(data, 'policy.json'), JSON.stringify({ limits: { attemptsMax: 1 } }))
  })
  after(() => rmSync(data, { recursive: true }))

  const run = async (args: readonly string[]) => {
    const child = spawn(process.execPath, [...LOOKING, join(ROOT, 'src/cli.ts'), ...args, '--data', data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    child.stdout.on('data', (text: Buffer) => (out += text.toString()))
    child.stderr.on('data', (text: Buffer) => (out += text.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, out }
  }
  const digest = (): string =>
    createHash('sha256')
      .update(readFileSync(join(data, 'events.db')))
      .digest('hex')

  it('runs where nothing may be written and nobody be reached, and leaves every byte as it was', async () => {
    const before_ = digest()
    const stricter = ['--policy', join(data, 'policy.json')]
    const commands: readonly (readonly [number, readonly string[]])[] = [
      [0, ['tx', 'replay', txOf(0)]],
      [0, ['tx', 'replay', '--all']],
      [1, ['tx', 'what-if', txOf(0), ...stricter]],
      [1, ['tx', 'what-if', '--all', ...stricter]],
      [0, ['tx', 'show', txOf(0)]],
      [0, ['tx', 'at', txOf(0), '3']],
      [0, ['tx', 'diff', txOf(0), txOf(1)]],
    ]
    const ran = await Promise.all(commands.map(async ([code, args]) => ({ args, wanted: code, ...(await run(args)) })))
    for (const { args, wanted, code, out } of ran) expect(code, `${args.join(' ')}: ${out}`).to.equal(wanted)
    expect(digest()).to.equal(before_)
  })

  it('the same place stops a command that would write', async () => {
    const { code, out } = await run(['client', 'deactivate', 'shop'])
    expect(code).to.equal(3)
    expect(out).to.include('Access to this API has been restricted')
  })

  it('the store that it is given refuses to be written, in the file and before it', async () => {
    const store = readOnly(await open(true))
    const journal = openJournal(store)
    expect(await replayAll(journal)).to.include({ signIns: 3, different: 0 })
    expect(await whatIfAll(journal, { verdicts: new Map([['every', 'wrong']]) }, {})).to.include({ otherwise: 3 })
    const event = { id: '00000000-0000-4000-8000-000000000000', type: 'Anything', data: '{}', metadata: '{}' }
    expect(await faultOf(() => store.append('client-shop', 'no_stream', [event]))).to.equal('invalid')
    expect(await faultOf(() => store.consume({ group: 'x', filter: { types: [] } }, async () => ({ kind: 'done' })))).to.equal('invalid')
    expect(await faultOf(() => store.replayParked('x'))).to.equal('invalid')
    expect(await faultOf(() => store.dropParked('x', event.id))).to.equal('invalid')
    await store.close()
    const bare = await open(true)
    expect(await faultOf(() => bare.append('client-shop', 'no_stream', [event]))).to.equal('invalid')
    await bare.close()
  })
})
