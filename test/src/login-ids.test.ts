import { expect } from 'chai'
import { describe, it } from 'mocha'
import { loginIdProblems, loginIdViews, ownEnd, readLoginId, type LoginId } from '../../src/login-ids.ts'
import type { PluginDescription } from '../../domain/ports.ts'

const idTypes: PluginDescription['idTypes'] = [
  { type: 'phone', pattern: '^\\+[1-9][0-9]{7,14}$', lengthMax: 16 },
  { type: 'vid', pattern: '^[1-9][0-9]{15}$', lengthMax: 16 },
  { type: 'email', pattern: '^[^\\s@]+@[^\\s@]+$', lengthMax: 320 },
  { type: 'handle', pattern: '^[a-z0-9+@-]{3,40}$', lengthMax: 40 },
]
const mobile: LoginId = {
  id: 'mobile',
  prefixes: [
    { label: 'KHM', value: '+855', maxLength: 9, regex: '^[1-9][0-9]{7,8}$' },
    { label: 'IND', value: '+91', maxLength: 10, regex: '^[6-9][0-9]{9}$' },
  ],
  svg: 'mobile_icon',
}
const read = (login: LoginId, typed: string, prefix?: string) => readLoginId({ idTypes }, login, prefix, typed)

describe('kinds of identifiers (eSignet: login-id.options)', () => {
  it('each country has its own rule for what follows its prefix', () => {
    expect(read(mobile, '12 345 678', '+855')).to.deep.equal({ type: 'phone', value: '+85512345678' })
    expect(read(mobile, '९८७६५४३२१०', '+91')).to.deep.equal({ type: 'phone', value: '+919876543210' })
    expect(read(mobile, '12345678', '+91')).to.equal(undefined)
    expect(read(mobile, '9876543210', '+855')).to.equal(undefined)
    expect(read(mobile, '12345678')).to.equal(undefined)
    expect(read(mobile, '12345678', '+1')).to.equal(undefined)
  })

  it('who types the prefix as well has typed it once', () => {
    expect(read(mobile, '+855 12345678', '+855')).to.deep.equal({ type: 'phone', value: '+85512345678' })
  })

  it('prefix and postfix stand around what is typed; the page shows the end of what was typed', () => {
    const handle: LoginId = { id: 'nrc', prefixes: 'nrc-', postfix: '@phone', maxLength: 8, regex: '^[a-z0-9]+$' }
    const id = read(handle, ' AB1234 ')
    expect(id).to.deep.equal({ type: 'handle', value: 'nrc-ab1234@phone' })
    expect(id && ownEnd([handle], id)).to.equal('nrc-ab1234')
    expect(read(handle, 'ab 1234')).to.equal(undefined)
    expect(read(handle, 'ab1234567')).to.equal(undefined)
  })

  it('what fits the kind and not the ID system is none', () => {
    expect(read({ id: 'vid' }, '123')).to.equal(undefined)
    expect(read({ id: 'vid' }, '9120 3847 5661 0423')).to.deep.equal({ type: 'vid', value: '9120384756610423' })
    expect(read({ id: 'email' }, 'Maya@Mail.example')).to.deep.equal({ type: 'email', value: 'maya@mail.example' })
  })

  it('what the operator listed wrongly is told at once, when the broker starts', () => {
    const wrong: readonly LoginId[] = [
      { id: 'uin' },
      { id: 'vid', regex: '(' },
      {
        id: 'vid',
        prefixes: [
          { label: 'A', value: '+1' },
          { label: 'B', value: '+1', regex: '[' },
        ],
      },
    ]
    expect(loginIdProblems(wrong, idTypes)).to.deep.equal([
      'loginIds.uin: the ID system knows no uin; it knows phone, vid, email, handle',
      'loginIds.vid: ( is no regular expression',
      'loginIds.vid: stands there twice',
      'loginIds.vid: [ is no regular expression',
      'loginIds.vid: the prefix +1 stands there twice',
    ])
    expect(loginIdProblems([mobile], idTypes)).to.deep.equal([])
  })

  it('the page gets names, and prefixes to choose from where there are several', () => {
    const named: LoginId = { id: 'nrc', labels: { en: 'Card', fr: 'Carte' }, prefixes: 'N-', maxLength: 9 }
    expect(loginIdViews([mobile, named], 'fr', (type) => `a ${type}`)).to.deep.equal([
      {
        id: 'mobile',
        name: 'a phone',
        type: 'phone',
        lengthMax: 320,
        prefixes: [
          { value: '+855', name: '+855 KHM' },
          { value: '+91', name: '+91 IND' },
        ],
      },
      { id: 'nrc', name: 'Carte', type: 'handle', lengthMax: 9, prefix: 'N-' },
    ])
  })
})
