import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { freePorts, ROOT } from '../../support/broker.ts'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { withClientOf } from '../../support/clients/foreign.ts'
import { newParty, register, signIn } from '../../support/rp.ts'
import { send } from '../../support/scripted-browser.ts'

const PROMTOOL = env['PROMTOOL'] ?? '/usr/bin/promtool'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const alerts = read('ops/telemetry/alerts.yaml')
const runbooks = readdirSync(join(ROOT, 'ops/runbooks')).map((file) => `ops/runbooks/${file}`)

type Target = { readonly expr: string }
type Panel = { readonly title: string; readonly targets?: readonly Target[] }
const dashboard = JSON.parse(read('ops/telemetry/dashboard.json')) as { readonly panels: readonly Panel[] }

const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:idp|http_server|process|nodejs|v8js)_[a-z0-9_]*[a-z0-9]\b(?![_=])/g)].map(([name]) => name)

const allIn = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, found = '']) => found)

/** What it says when it ends well; what it complains of otherwise. */
const promtool = (args: readonly string[], input = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(PROMTOOL, args, { timeout: 30_000 }, (error, out, err) =>
      error === null ? resolve(out + err) : reject(new Error(out + err)),
    )
    child.stdin?.end(input)
  })

describe('dashboards, alerts and runbooks speak of what a broker tells', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let text: string
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-telemetry-'))
    const [port = 0, nobody = 0] = await freePorts(2)
    here = await brokerHere({
      env: { ESIGNET_MANAGEMENT_PORT: String(port), ESIGNET_TRACES_URL: `http://127.0.0.1:${String(nobody)}/v1/traces` },
    })
    await signIn(here, await register(here, await newParty('shop')))
    text = (await send(`http://127.0.0.1:${String(port)}`, { path: '/metrics' })).body
  })

  after(async () => {
    await here.end()
    rmSync(folder, { recursive: true, force: true })
  })

  it('every metric that is named anywhere is one', () => {
    const told = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind = '']) => [name, kind]))
    const isTold = (name: string): boolean => told.has(name) || told.get(name.replace(/_(bucket|count|sum)$/, '')) === 'histogram'
    for (const path of ['ops/telemetry/alerts.yaml', 'ops/telemetry/dashboard.json', 'ops/telemetry/README.md', ...runbooks])
      expect(
        namesIn(read(path)).filter((name) => !isTold(name)),
        path,
      ).to.deep.equal([])
    const described = namesIn(read('ops/telemetry/README.md'))
    expect(
      [...told.keys()].filter((name) => name.startsWith('idp_') && !described.includes(name)),
      'not in ops/telemetry/README.md',
    ).to.deep.equal([])
  })

  it('every alert has a page that names it and says how it was tried, and stands in the list of pages', () => {
    const rules = alerts.split(/^ {6}- (?=alert: )/m).slice(1)
    expect(rules.length).to.be.at.least(18)
    for (const rule of rules) {
      const [name = ''] = allIn(rule, /^alert: (\w+)$/gm)
      const [page = ''] = allIn(rule, /^ +runbook: (\S+)$/gm)
      expect(runbooks, name).to.include(page)
      expect(read(page), page)
        .to.include(`\`${name}\``)
        .and.to.match(/^Tried on /m)
      expect(read('ops/runbooks/README.md'), name).to.include(page.replace('ops/runbooks/', ''))
    }
  })

  it('the dashboard asks something in each of its panels, and no label is of a person', () => {
    const asking = dashboard.panels.filter(({ targets }) => targets !== undefined)
    expect(asking.length).to.be.at.least(15)
    for (const { title, targets = [] } of asking)
      for (const { expr } of targets) expect(namesIn(expr).length + allIn(expr, /(idp:\w+)/g).length, title).to.be.above(0)
    const labels = new Set(allIn(text, /[{,]([a-z0-9_]+)="/g))
    expect([...labels].toSorted()).to.deep.equal(
      [
        ...['alg', 'call', 'client_id', 'cpu_mode', 'event', 'factor', 'group', 'http_request_method', 'http_response_status_code'],
        ...['http_route', 'le', 'node', 'nodejs_eventloop_state', 'outcome', 'part', 'path', 'plugin', 'projection', 'purpose', 'result'],
        ...['stage', 'state', 'url_scheme', 'v8js_heap_space_name', 'version'],
      ].toSorted(),
    )
  })

  withClientOf([PROMTOOL], 'prometheus', () => {
    it('Prometheus reads what is told and finds nothing to say about it', async () => {
      expect(await promtool(['check', 'metrics'], text)).to.equal('')
    })

    it('Prometheus takes the rules and the questions of the dashboard', async () => {
      expect(await promtool(['check', 'rules', join(ROOT, 'ops/telemetry/alerts.yaml')])).to.include('SUCCESS')
      expect(await promtool(['check', 'config', join(ROOT, 'ops/telemetry/prometheus.yaml')])).to.include('SUCCESS')
      const asked = dashboard.panels.flatMap(({ targets = [] }) =>
        targets.map(({ expr }) => expr.replaceAll('$job', 'esignet').replaceAll('$client', '.*')),
      )
      const file = join(folder, 'asked.yaml')
      // JSON is YAML.
      writeFileSync(
        file,
        JSON.stringify({ groups: [{ name: 'asked', rules: asked.map((expr, index) => ({ record: `asked:${String(index)}`, expr })) }] }),
      )
      expect(await promtool(['check', 'rules', file])).to.include(`${String(asked.length)} rules found`)
    })

    it('each alert comes when it should, and none on a quiet day', async () => {
      const tests = join(ROOT, 'test/ops/telemetry/alerts.yaml')
      expect(await promtool(['test', 'rules', tests])).to.include('SUCCESS')
      const tried = allIn(read('test/ops/telemetry/alerts.yaml'), /alertname: (\w+)\n +exp_alerts:\n +- exp_labels/g)
      expect(
        allIn(alerts, /alert: (\w+)$/gm).filter((name) => !tried.includes(name)),
        'never tried',
      ).to.deep.equal([])
    })
  })
})
