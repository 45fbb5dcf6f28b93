import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { otpOf, outbox, readEvents, ROOT, startBroker, typesOf, until, type BrokerProcess, type Row } from '../support/broker.ts'
import { brokerHere } from '../support/broker-here.ts'
import {
  accept,
  begin,
  call,
  callbackOf,
  form,
  newParty,
  PAR,
  PERSON,
  redeem,
  register,
  requestOf,
  signIn,
  TX,
  userinfo,
  type Begun,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser, titleOf, type Page, type ScriptedBrowser } from '../support/scripted-browser.ts'

const KILL_MS = 20_000

describe('kill -9 in the middle of a login, at every step (issue 3, "Done when" 2)', function () {
  this.timeout(90_000)
  let broker: BrokerProcess
  let shop: Party
  let killFile: string
  const acknowledged: { name: string; rows: readonly Row[] }[] = []

  before(async () => {
    const preload = pathToFileURL(join(ROOT, 'test/support/kill-at.ts')).href
    killFile = join(tmpdir(), `esignet-kill-${process.pid}`)
    broker = await startBroker({ NODE_OPTIONS: `--import=${preload}`, ESIGNET_TEST_KILL_FILE: killFile })
    shop = await register(broker, await newParty('shop'))
  })

  after(async () => {
    rmSync(killFile, { force: true })
    await broker.end()
  })

  /** Kills it at this commit, which `act` brings about, and starts it again. What was durable before is there after. */
  const killedAt = async (point: string, act: () => Promise<unknown>): Promise<void> => {
    writeFileSync(killFile, point)
    const before = readEvents(broker.data)
    const acted = act().catch((error: unknown) => error)
    const dead = broker.gone()
    await Promise.race([dead, sleep(KILL_MS, undefined, { ref: false })])
    expect(
      existsSync(killFile),
      `${point}: it was killed there, after ${readEvents(broker.data)
        .slice(before.length)
        .map(({ type }) => type)
        .join(' ')}`,
    ).to.be.false
    await dead
    expect(await acted, `${point}: no answer was given`).to.be.instanceOf(Error)
    const left = readEvents(broker.data)
    expect(left.slice(0, before.length), `${point}: nothing acknowledged is lost`).to.deep.equal(before)
    await broker.start()
    const after = readEvents(broker.data)
    expect(after.slice(0, left.length)).to.deep.equal(left)
    acknowledged.push({ name: point, rows: left })
  }

  const choose = (browser: ScriptedBrowser, page: Page, factor = 'otp', id = PERSON.id): Promise<Page> =>
    browser.submit(page, 'form-choose', { values: { individual_id: id, factor } })

  describe('one login, killed at each of its steps in turn', () => {
    let browser: ScriptedBrowser
    let page: Page
    let transaction: string
    let base: string
    let verifier: string
    let code: string
    let token: string
    let unrecorded: Begun

    it('AuthorizationStarted: the relying party asks again', async () => {
      const { members } = await requestOf(shop)
      await killedAt('after AuthorizationStarted', () => call(broker, shop, PAR, members))
      expect((await call(broker, shop, PAR, members)).status).to.equal(201)
    })

    it('AuthorizationOpened: the person begins again at the relying party', async () => {
      const { members } = await requestOf(shop)
      const { json } = await call(broker, shop, PAR, members)
      const path = `/authorize?${form({ client_id: shop.id, request_uri: String(json['request_uri']) })}`
      browser = scriptedBrowser(broker.issuer)
      await killedAt('after AuthorizationOpened', () => browser.get(path))
      // Its cookie never arrived, so this browser is a stranger to the login: it is told so, and gets a new one.
      expect((await browser.get(path)).status).to.equal(403)
      await killedAt('before AuthorizationOpened', async () => {
        const { json: again } = await call(broker, shop, PAR, members)
        return browser.get(`/authorize?${form({ client_id: shop.id, request_uri: String(again['request_uri']) })}`)
      })
      const begun = await begin(broker, shop, { browser, via: 'par' })
      ;({ page, transaction, base, verifier } = begun)
      expect(page.has('form-choose')).to.be.true
    })

    it('SendCounted: the count is too high, never too low; the person asks again', async () => {
      await killedAt('after SendCounted', () => choose(browser, page))
      page = await browser.get(base)
      expect(page.has('form-choose'), titleOf(page.html)).to.be.true
    })

    it('FactorRequested, before anything was sent: the code is sent, once (rule 36)', async () => {
      await killedAt('after FactorRequested', () => choose(browser, page))
      await until('it is sent', () => typesOf(broker.data, transaction).includes('FactorSent'))
      page = await browser.get(base)
      expect(page.has('form-otp')).to.be.true
      expect(await outbox(broker, transaction)).to.have.length(1)
    })

    it('FactorSent not yet recorded, the message gone out: the person waits', async () => {
      unrecorded = await begin(broker, shop)
      await killedAt('before FactorSent', () => choose(unrecorded.browser, unrecorded.page))
      expect((await unrecorded.browser.get(unrecorded.base)).has('look'), 'the page that looks again').to.be.true
    })

    it('FactorSent: the page for the code is there', async () => {
      const begun = await begin(broker, shop)
      await killedAt('after FactorSent', () => choose(begun.browser, begun.page))
      expect((await begun.browser.get(begun.base)).has('form-otp')).to.be.true
      expect(await outbox(broker, begun.transaction)).to.have.length(1)
    })

    it('FactorAttempted: the guess is counted, and the code still works (rule 11)', async () => {
      const otp = await otpOf(broker, transaction)
      await killedAt('after FactorAttempted', () => browser.submit(page, 'form-otp', { values: { otp } }))
      page = await browser.get(base)
      expect(page.has('form-otp')).to.be.true
      expect(typesOf(broker.data, transaction).filter((type) => type === 'FactorAttempted')).to.have.length(1)
    })

    it('AttemptCounted: the same', async () => {
      const otp = await otpOf(broker, transaction)
      await killedAt('after AttemptCounted', () => browser.submit(page, 'form-otp', { values: { otp } }))
      page = await browser.get(base)
      expect(page.has('form-otp')).to.be.true
    })

    it('Authenticated: the consent page is there, and the person’s counter is set right (rule 15)', async () => {
      const otp = await otpOf(broker, transaction)
      await killedAt('after Authenticated', () => browser.submit(page, 'form-otp', { values: { otp } }))
      page = await browser.get(base)
      expect(page.has('form-consent'), titleOf(page.html)).to.be.true
      await until('the credit is completed', () => readEvents(broker.data).some(({ type }) => type === 'AttemptCredited'), 30_000)
    })

    it('ConsentGiven on the consent stream: a reactor completes the order on the login (rules 12 and 15)', async () => {
      await killedAt('after ConsentGiven standing', async () => accept(browser, page, ['email']))
      // It may have it by now: a slow machine starts a broker for longer than the reactor is patient.
      await until('the login has it', () => typesOf(broker.data, transaction).includes('ConsentGiven'), 30_000)
      expect(readEvents(broker.data, `e.type = 'ConsentGiven' AND s.name LIKE 'consent-%'`)).to.have.length(1)
      page = await browser.get(base)
      expect(page.has('form-retry'), titleOf(page.html)).to.be.true
    })

    it('CodeIssued: the code is there, the same for every load (rule 30)', async () => {
      await killedAt('after CodeIssued', () => browser.submit(page, 'form-retry'))
      const callback = callbackOf(await browser.get(base))
      code = callback.searchParams.get('code') ?? ''
      expect(callbackOf(await browser.get(base)).searchParams.get('code')).to.equal(code)
      expect(typesOf(broker.data, transaction).filter((type) => type === 'CodeIssued')).to.have.length(1)
    })

    it('TokenExchanged not yet recorded: the code is not spent', async () => {
      await killedAt('before TokenExchanged', () => redeem(broker, shop, { code, verifier }))
      const { status, json } = await redeem(broker, shop, { code, verifier })
      expect(status, JSON.stringify(json)).to.equal(200)
      token = String(json['access_token'])
    })

    it('UserinfoReleased: userinfo is given, and what the person refused is not in it', async () => {
      await killedAt('after UserinfoReleased', () => userinfo(broker, token))
      const { status, body } = await userinfo(broker, token)
      expect(status).to.equal(200)
      expect(decodeJwt(body)).to.include({ birthdate: '1987-11-25' }).and.not.have.property('phone_number')
    })

    it('the message that had gone out is recorded when it is delivered again, and none is sent twice (rule 36)', async () => {
      await until('it is recorded', () => typesOf(broker.data, unrecorded.transaction).includes('FactorSent'), 40_000)
      expect(await outbox(broker, unrecorded.transaction)).to.have.length(1)
      expect((await unrecorded.browser.get(unrecorded.base)).has('form-otp')).to.be.true
    })
  })

  describe('others', () => {
    it('ConsentGiven on the login: the person goes on', async () => {
      const begun = await begin(broker, shop, { with: { prompt: 'consent' } })
      const asked = await choose(begun.browser, begun.page, 'pin')
      const consent = await begun.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
      await killedAt('after ConsentGiven revision', async () => accept(begun.browser, consent))
      const page = await begun.browser.get(begun.base)
      callbackOf(await begun.browser.submit(page, 'form-retry'))
    })

    it('TokenExchanged: the answer is lost, so the code is spent; a new login gives a new one', async () => {
      const signedIn = await signIn(broker, shop)
      await killedAt('after TokenExchanged', () => redeem(broker, shop, signedIn))
      const { status, json } = await redeem(broker, shop, signedIn)
      expect([status, json['error']]).to.deep.equal([400, 'invalid_grant'])
      expect((await redeem(broker, shop, await signIn(broker, shop))).status).to.equal(200)
    })

    it('at any moment, while many sign in: what was answered is there', async () => {
      for (const afterMs of [300, 450]) {
        const redeemed: string[] = []
        let running = true
        const party = shop
        const people = Array.from({ length: 4 }, async () => {
          while (running) {
            const signedIn = await signIn(broker, party)
            const { status } = await redeem(broker, party, signedIn)
            if (status === 200) redeemed.push(signedIn.transaction)
          }
        })
        const ended = Promise.allSettled(people)
        await until('somebody has signed in', () => redeemed.length > 0, 20_000)
        await sleep(afterMs)
        running = false
        await broker.kill()
        await ended
        for (const transaction of redeemed) expect(typesOf(broker.data, transaction)).to.include('TokenExchanged')
        await broker.start()
      }
    })

    it('after all of it the events, the audit log and the replay hold', async () => {
      for (const args of [
        ['events', 'verify'],
        ['audit', 'verify'],
        ['tx', 'replay', '--all'],
      ]) {
        const { code, out, err } = await broker.cli(args)
        expect(code, `${args.join(' ')}: ${out}${err}`).to.equal(0)
      }
      const now = readEvents(broker.data)
      for (const { name, rows } of acknowledged) expect(now.slice(0, rows.length), name).to.deep.equal(rows)
    })

    it('every half-done login ends by itself, and what was sealed for it is gone (rules 14 and 15)', async () => {
      await broker.stop()
      const later = await brokerHere({ data: broker.data, aheadS: 7200 })
      try {
        const open = (): readonly string[] => {
          const last = new Map<string, string>()
          for (const { stream, type } of readEvents(broker.data, `s.name LIKE 'authorization-%'`)) last.set(stream, type)
          return [...last]
            .filter(([, type]) => !['AuthorizationExpired', 'AuthorizationFailed', 'TransactionClosed'].includes(type))
            .map(([stream, type]) => `${stream} ${type}`)
        }
        await until('every login is over', () => open().length === 0, 40_000).catch((error: unknown) => {
          throw new Error(`${error instanceof Error ? error.message : ''}: ${open().join(', ')}`)
        })
        const sealed = (): unknown[] => {
          const db = new DatabaseSync(join(broker.data, 'vault.db'), { readOnly: true })
          try {
            const [table] = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'`).all() as {
              readonly name: string
            }[]
            return db.prepare(`SELECT * FROM "${table?.name ?? ''}"`).all()
          } finally {
            db.close()
          }
        }
        await until('the vault is empty', () => sealed().length === 0, 20_000)
        expect(TX.test(JSON.stringify(sealed()))).to.be.false
      } finally {
        await later.end()
      }
    })
  })
})
