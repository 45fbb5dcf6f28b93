import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { isForm, NAME_CHARS_MAX, PARAMETERS_MAX, readForm, readQuery, utf8, VALUE_CHARS_MAX } from '../../../src/http/parameters.ts'

const valuesOf = (text: string, repeatable: readonly string[] = []): readonly (readonly [string, unknown])[] | string => {
  const read = readForm(text, repeatable)
  return read.ok ? [...read.values] : read.refusal
}

describe('parameters (attack 15; RFC 6749 §3.1)', () => {
  it('reads a form', () => {
    expect(valuesOf('a=1&b=two+words&c=%C3%A9%20%26&d')).to.deep.equal([
      ['a', '1'],
      ['b', 'two words'],
      ['c', 'é &'],
    ])
    expect(valuesOf('')).to.deep.equal([])
    expect(valuesOf('a=b=c&&')).to.deep.equal([['a', 'b=c']])
  })

  it('agrees with URLSearchParams on whatever that writes', () => {
    const clean = fc.string({ minLength: 1, maxLength: 50, unit: 'binary' }).filter((value) => !/\p{C}/u.test(value))
    fc.assert(
      fc.property(fc.dictionary(clean, clean, { maxKeys: 20 }), (values) => {
        const text = new URLSearchParams(values).toString()
        expect(valuesOf(text)).to.deep.equal([...new URLSearchParams(text)])
      }),
    )
  })

  it('an empty value is absent (RFC 6749 §3.1)', () => {
    expect(valuesOf('state=&nonce=n')).to.deep.equal([['nonce', 'n']])
  })

  it('a parameter comes once, however it is written, and also when it is empty', () => {
    for (const text of ['a=1&a=1', 'a=1&%61=2', 'a=&a=1', 'a=1&a', 'x=1&a=1&x=2'])
      expect(valuesOf(text), text).to.equal('parameter_repeated')
  })

  it('what the route names may be repeated', () => {
    expect(valuesOf('claims=name&claims=email&claims=', ['claims'])).to.deep.equal([['claims', ['name', 'email']]])
    expect(valuesOf('claims=name', ['claims'])).to.deep.equal([['claims', 'name']])
    expect(valuesOf('claims=name&x=1&x=2', ['claims'])).to.equal('parameter_repeated')
  })

  it('control characters are refused: CR LF in state (attack 24), null bytes', () => {
    for (const text of ['state=a%0d%0aSet-Cookie:x', 'state=a%00', 'a%00=1', 'a=%7f', 'a=%09', 'a=%1b[2J'])
      expect(valuesOf(text), text).to.equal('body_unreadable')
    expect(valuesOf('claims=%7B%0A%20%20%7D')).to.deep.equal([['claims', '{\n  }']])
    expect(valuesOf('claims=%7B%00%7D')).to.equal('body_unreadable')
  })

  it('UTF-8 is strict: overlong, cut, lone surrogates, bare percent', () => {
    for (const text of ['a=%c0%af', 'a=%e2%82', 'a=%ed%a0%80', 'a=%', 'a=%zz', 'a=%4', 'a=%ff'])
      expect(valuesOf(text), text).to.equal('body_unreadable')
    expect(utf8(Buffer.from([0x61, 0xff]))).to.equal(undefined)
    expect(utf8(Buffer.from('é'))).to.equal('é')
    expect(utf8(Buffer.from([0xef, 0xbb, 0xbf, 0x61]))).to.equal('\ufeffa')
  })

  it('names, values and their number are bounded', () => {
    expect(valuesOf(`${'n'.repeat(NAME_CHARS_MAX + 1)}=1`)).to.equal('body_unreadable')
    expect(valuesOf(`a=${'v'.repeat(VALUE_CHARS_MAX + 1)}`)).to.equal('body_unreadable')
    const many = (count: number): string => Array.from({ length: count }, (_, n) => `p${String(n)}=1`).join('&')
    expect(valuesOf(many(PARAMETERS_MAX))).to.have.length(PARAMETERS_MAX)
    expect(valuesOf(many(PARAMETERS_MAX + 1))).to.equal('body_unreadable')
  })

  it('__proto__ is a name like any other', () => {
    const read = readQuery('__proto__=1&constructor=2&toString=3')
    expect(read.ok && [...read.values.keys()]).to.deep.equal(['__proto__', 'constructor', 'toString'])
    expect(({} as { polluted?: string }).polluted).to.equal(undefined)
  })

  it('a form is a form in UTF-8 (charset tricks)', () => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'Application/X-WWW-Form-URLEncoded',
      'application/x-www-form-urlencoded; charset=UTF-8',
      'application/x-www-form-urlencoded;charset="utf-8"',
    ])
      expect(isForm({ 'content-type': type }), type).to.equal(true)
    for (const type of [
      undefined,
      '',
      'application/json',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencodedx',
      'application/x-www-form-urlencoded; charset=utf-16',
      'application/x-www-form-urlencoded; charset=utf-7',
      'application/x-www-form-urlencoded; charset=ibm500',
      'application/x-www-form-urlencoded; charset=utf-8; charset=utf-16',
      'application/x-www-form-urlencoded, application/json',
      'application/x-www-form-urlencoded; boundary=x',
    ])
      expect(isForm({ 'content-type': type }), type).to.equal(false)
    expect(isForm({ 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' })).to.equal(false)
  })
})
