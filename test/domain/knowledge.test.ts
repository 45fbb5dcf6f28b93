import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { readAnswers } from '../../domain/knowledge.ts'
import type { KnowledgeForm } from '../../domain/ports.ts'

const form: KnowledgeForm = {
  schema: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 20 },
      policy: { type: 'string', pattern: '[0-9]{4}' },
      born: { type: 'string', format: 'date' },
      region: { type: 'string', enum: ['coast', 'hills'] },
    },
    required: ['name', 'born'],
  },
}
const whole = { name: 'Maya Rahimi', born: '1987-11-25' }

describe('answers of a knowledge form', () => {
  it('are handed over as canonical JSON (RFC 8785), in the form of what was meant', () => {
    expect(readAnswers(form, { ...whole, name: '  Maya \u200e\n Rahimi\u202c ', policy: '1234', region: 'coast' })).to.deep.equal({
      ok: true,
      proof: '{"born":"1987-11-25","name":"Maya Rahimi","policy":"1234","region":"coast"}',
    })
  })

  it('what is needed and missing, and what cannot be right, is told of each at once', () => {
    expect(readAnswers(form, { policy: '12345', born: '1987-02-29', region: 'moon' })).to.deep.equal({
      ok: false,
      problems: { name: 'empty', policy: 'malformed', born: 'malformed', region: 'malformed' },
    })
  })

  it('a pattern is for the whole value, and a length for what people call letters', () => {
    expect(readAnswers(form, { ...whole, policy: 'x1234' }).ok).to.equal(false)
    expect(readAnswers(form, { ...whole, name: '𞤀'.repeat(20) }).ok).to.equal(true)
    expect(readAnswers(form, { ...whole, name: 'a'.repeat(21) }).ok).to.equal(false)
  })

  it('every question is needed where the form says nothing', () => {
    const { required: _required, ...schema } = form.schema
    expect(readAnswers({ schema }, whole)).to.deep.equal({ ok: false, problems: { policy: 'empty', region: 'empty' } })
  })

  it('a date is one of the calendar', () => {
    const born = (date: string) => readAnswers(form, { ...whole, born: date }).ok
    for (const date of ['2000-02-29', '1999-12-31', '1900-01-01']) expect(born(date), date).to.equal(true)
    for (const date of ['1900-02-29', '1999-13-01', '1999-00-10', '1999-04-31', '0999-01-01', '99-1-1', '1999-1-1'])
      expect(born(date), date).to.equal(false)
  })

  it('property: a proof holds nothing that the form does not ask', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (given) => {
        const read = readAnswers(form, { ...given, ...whole })
        if (read.ok)
          expect(Object.keys(JSON.parse(read.proof) as object)).to.have.members(
            Object.keys({
              ...whole,
              ...(read.proof.includes('"policy"') && { policy: '' }),
              ...(read.proof.includes('"region"') && { region: '' }),
            }),
          )
      }),
    )
  })
})
