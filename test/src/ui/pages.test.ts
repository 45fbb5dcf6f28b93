import { expect } from 'chai'
import { describe, it } from 'mocha'
import { LANGUAGES } from '../../../src/ui/text.ts'
import { decode, tagsOf, textOf, type Tag } from './markup.ts'
import { DEMO_SAMPLES, formPost, frameIn, REFUSAL_SAMPLES, SAMPLES } from './samples.ts'

const REFERENCES = ['for', 'aria-describedby', 'aria-labelledby', 'aria-controls']
const NEEDS_LABEL = new Set(['text', 'password', 'checkbox', 'radio'])

const idsOf = (tags: readonly Tag[]): readonly string[] => tags.flatMap(({ attributes }) => attributes.get('id') ?? [])

const checkIds = (tags: readonly Tag[]): void => {
  const ids = idsOf(tags)
  expect([...ids].sort()).to.deep.equal([...new Set(ids)].sort())
  for (const id of ids) expect(id).to.match(/^\S+$/)
  for (const { attributes } of tags)
    for (const reference of REFERENCES)
      for (const id of attributes.get(reference)?.split(' ') ?? []) expect(ids, `${reference}=${id}`).to.include(id)
  const labelled = tags.filter(({ name }) => name === 'label').map(({ attributes }) => attributes.get('for'))
  for (const { name, attributes } of tags)
    if (name === 'input' && NEEDS_LABEL.has(attributes.get('type') ?? 'text')) expect(labelled).to.include(attributes.get('id'))
}

/** Content-Security-Policy: no inline style, script or handler, no foreign address but a captcha service's. */
const checkSafe = (page: string, tags: readonly Tag[]): void => {
  for (const { name, attributes } of tags) {
    expect(name).not.to.be.oneOf(['style', 'iframe', 'object', 'embed', 'base'])
    for (const key of attributes.keys()) expect(key).not.to.match(/^(on|style$|formaction$)/)
    const source = attributes.get('src')
    if (source !== undefined) expect(source).to.match(/^(\/|data:image\/png|https:\/\/captcha\.example\/)/)
  }
  expect(page).to.match(/^\s*<!doctype html>\s*<html lang="[a-z]{2}" dir="(ltr|rtl)">/)
  expect(page).not.to.match(/<script(?![^>]* src=)/)
  expect(textOf(page)).not.to.match(/undefined|\[object|NaN|\{(?!party\})\w+\}/)
}

/** The primary button is the first of its form, because Enter presses it, and the only one. */
const checkPrimary = (tags: readonly Tag[]): void => {
  const primary = tags.filter(({ attributes }) => attributes.get('class')?.split(' ').includes('go') === true)
  expect(primary.length).to.be.at.most(1)
  let first: Tag | undefined
  let isInForm = false
  for (const tag of tags) {
    if (tag.name === 'form') {
      isInForm = tag.opens
      first = undefined
    }
    if (!isInForm || tag.name !== 'button' || !tag.opens || tag.attributes.get('type') === 'button') continue
    first ??= tag
    if (primary.includes(tag)) expect(tag).to.equal(first)
  }
}

const check = (page: string): void => {
  const tags = tagsOf(page)
  checkIds(tags)
  checkSafe(page, tags)
  checkPrimary(tags)
  expect(tags.filter(({ name, opens }) => name === 'h1' && opens)).to.have.length(1)
  expect(tags.filter(({ name, opens }) => name === 'main' && opens)).to.have.length(1)
}

describe('pages: whole, joined and safe in every language', () => {
  for (const [name, sample] of [...Object.entries(SAMPLES), ['form-post', formPost] as const])
    it(name, () => {
      for (const language of LANGUAGES) check(sample(frameIn(language)))
    })

  it('each refusal is a page', () => {
    for (const sample of Object.values(REFUSAL_SAMPLES)) for (const language of LANGUAGES) check(sample(frameIn(language)))
  })

  for (const [name, sample] of Object.entries(DEMO_SAMPLES)) it(name, () => check(sample()))
})

/** `name=value` of every field and button of a form. */
const controlsOf = (page: string, formId: string): readonly string[] => {
  const tags = tagsOf(page)
  const from = tags.findIndex(({ name, attributes }) => name === 'form' && attributes.get('id') === formId)
  const end = tags.findIndex(({ name, opens }, index) => index > from && name === 'form' && !opens)
  return tags
    .slice(from, end)
    .filter(({ name, opens, attributes }) => opens && (name === 'input' || name === 'button') && attributes.has('name'))
    .map(({ attributes }) => `${attributes.get('name') ?? ''}=${attributes.get('value') ?? ''}`)
}

const en = frameIn('en')
const pageOf = (name: string): string => SAMPLES[name]?.(en) ?? ''

describe('pages: names that doors and scripted browsers rely on', () => {
  it('choose: individual_id, factor, own_device', () => {
    expect(controlsOf(pageOf('choose'), 'form-choose')).to.deep.equal([
      'csrf=v1.Jx0pQ7',
      'individual_id=',
      'factor=otp',
      'factor=password',
      'factor=pin',
      'own_device=yes',
      'action=continue',
    ])
    expect(controlsOf(pageOf('choose-one'), 'form-choose')).to.include('factor=otp')
  })

  it('code, PIN and password', () => {
    expect(controlsOf(pageOf('otp'), 'form-otp')).to.deep.equal(['csrf=v1.Jx0pQ7', 'otp=', 'action=continue'])
    expect(controlsOf(pageOf('otp'), 'form-resend')).to.deep.equal(['csrf=v1.Jx0pQ7', 'action=resend'])
    expect(controlsOf(pageOf('pin'), 'form-pin')).to.deep.equal(['csrf=v1.Jx0pQ7', 'pin=', 'action=continue'])
    expect(controlsOf(pageOf('password'), 'form-password')).to.deep.equal(['csrf=v1.Jx0pQ7', 'password=', 'action=continue'])
    expect(controlsOf(pageOf('otp'), 'form-extend')).to.deep.equal(['csrf=v1.Jx0pQ7', 'action=extend'])
    expect(controlsOf(pageOf('otp'), 'form-cancel')).to.deep.equal(['csrf=v1.Jx0pQ7', 'action=cancel'])
  })

  it('consent: claims and scopes with their names as values, none ticked, accept before cancel (rule 28)', () => {
    const page = pageOf('consent')
    expect(controlsOf(page, 'form-consent')).to.deep.equal([
      'csrf=v1.Jx0pQ7',
      'notice=notice0000000000000000000000000000000000000',
      'claims=phone_number',
      'claims=email',
      'claims=picture',
      'scopes=profile',
      'scopes=residence_certificate',
      'action=accept',
      'action=cancel',
    ])
    expect(page).not.to.match(/<input[^>]*checkbox[^>]*checked/)
    expect(controlsOf(pageOf('consent-odd'), 'form-consent')).to.include('claims=x y')
  })

  it('errors: retry, restart and cancel post below the transaction', () => {
    const tags = tagsOf(pageOf('error'))
    const actions = tags.filter(({ name, opens }) => name === 'form' && opens).map(({ attributes }) => attributes.get('action'))
    expect(actions).to.deep.equal(['/login/txn_8Qm2vT/restart', '/login/txn_8Qm2vT/cancel'])
  })

  it('a link back runs nothing here, whatever scheme was registered', () => {
    expect(pageOf('error-exhausted')).to.contain('href="https://harboursavings.example/cb?error=access_denied"')
  })

  it('the form of response_mode form_post carries its fields unchanged and has a button', () => {
    const page = formPost(en)
    expect(controlsOf(page, 'form-post').map(decode)).to.deep.equal(['code=txn_8Qm2vT.secret', 'state=a "state"'])
    expect(page).to.match(/<button class="go"/)
  })

  it('a waiting page looks again without script too', () => {
    expect(pageOf('wait')).to.match(/<noscript><meta http-equiv="refresh" content="60;url=\/login\/txn_8Qm2vT"/)
  })
})

describe('pages: what must not be said', () => {
  it('a wrong code is told in one sentence for known, unknown and limited persons (rule 22)', () => {
    const told = textOf(pageOf('pin-wrong'))
    expect(told).to.contain('do not belong together, or there were too many tries')
    expect(told).not.to.match(/limited|blocked|unknown|not registered/i)
  })

  it('without a party there is no cover, and nobody is named', () => {
    const page = pageOf('error-unknown-client')
    expect(page).to.contain('class="plain"')
    expect(page).not.to.match(/class="cover|Harbour/)
  })
})
