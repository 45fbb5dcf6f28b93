import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { RemoteServices } from '../../domain/ports.ts'
import { captchaOf } from '../../src/captcha.ts'
import { handClock } from '../support/hand-clock.ts'

type Answer = Awaited<ReturnType<RemoteServices['post']>>

const said = (value: unknown): Answer => ({
  ok: true,
  body: new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
})

/** A service that says what it is told to say, and what it was asked. */
const serviceOf = (answer: Answer) => {
  const asked: { readonly url: string; readonly body: unknown }[] = []
  const logged: string[] = []
  const clock = handClock()
  const services: RemoteServices = {
    post: async (url, body) => {
      asked.push({ url, body: JSON.parse(body) as unknown })
      return answer
    },
  }
  const log = {
    info: () => undefined,
    warn: (event: string, fields = {}) => void logged.push(`${event} ${JSON.stringify(fields)}`),
    error: () => undefined,
  }
  const place = { validatorUrl: 'https://captcha.example/v1/captchavalidation', moduleName: 'esignet' }
  const believes = captchaOf({ services, clock, log }, place as never)
  return { asked, logged, clock, believes, without: captchaOf({ services, clock, log }, undefined) }
}

describe("eSignet's captcha service (guard.captcha)", () => {
  it('is asked by its contract, with the token and the module, and believed where it answers without errors', async () => {
    const { believes, asked, clock } = serviceOf(said({ response: { success: true }, errors: [] }))
    expect(await believes('03AGdBq24-token')).to.equal(true)
    const body = { requestTime: clock.now(), request: { captchaToken: '03AGdBq24-token', moduleName: 'esignet' } }
    expect(asked).to.deep.equal([{ url: 'https://captcha.example/v1/captchavalidation', body }])
    for (const errors of [undefined, null]) expect(await serviceOf(said({ response: {}, errors })).believes('t')).to.equal(true)
  })

  it('is not believed in anything else that it says', async () => {
    const answers = [
      { response: null, errors: [{ errorCode: 'INVALID_CAPTCHA', message: 'no' }] },
      { response: { success: true }, errors: [{ errorCode: 'INVALID_CAPTCHA' }] },
      { response: null },
      { errors: [] },
      {},
      [],
      'null',
      'no JSON',
      '',
      { response: {}, errors: 'no' },
    ]
    for (const answer of answers) expect(await serviceOf(said(answer)).believes('t'), JSON.stringify(answer)).to.equal(false)
  })

  it('believes nobody where it cannot be asked, and the log says why without the token', async () => {
    const { believes, logged } = serviceOf({ ok: false, fault: 'unreachable' })
    expect(await believes('a-secret-token')).to.equal(false)
    expect(logged).to.deep.equal(['captcha_not_checked {"fault":"unreachable"}'])
  })

  it('is not asked about what no token can be, nor where none is configured', async () => {
    const { believes, without, asked } = serviceOf(said({ response: {} }))
    for (const token of ['', 'two words', 'a\nb', 'ä', 'x'.repeat(4097)]) expect(await believes(token)).to.equal(false)
    expect(await without('token')).to.equal(false)
    expect(asked).to.deep.equal([])
  })
})
