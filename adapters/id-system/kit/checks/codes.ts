import { valueOf } from '../world.ts'
import { isOne, must, mustBe, withoutCodes, type Check } from './check.ts'

const MANY = 12

const checks: readonly Omit<Check, 'without'>[] = [
  {
    name: 'sends one by described channels; it proves the person once',
    run: async ({ fixtures: { valid }, ask, wish, code, verify, codeValidForSMax }) => {
      const request = wish(valid.id)
      const { transaction } = request
      const { validForS } = valueOf(await ask.send(request), 'a wish for a code')
      must(validForS <= codeValidForSMax, `a code works longer than ${codeValidForSMax} s`)
      const otp = await code(transaction)
      mustBe(await verify(valid.id, 'otp', otp, { transaction }), 'ok', 'the right code')
      mustBe(await verify(valid.id, 'otp', otp, { transaction }), 'challenge_failed', 'a code that was used')
      return undefined
    },
  },
  {
    name: 'sends by the channel that was wished, or says that it cannot',
    run: async ({ fixtures: { valid }, ask, wish, description }) => {
      // That it took no other way was checked with the answer.
      for (const channel of description().channels) {
        const answer = await ask.send(wish(valid.id, { channels: [channel] }))
        if (!answer.ok) mustBe(answer, 'subject_denied', `a wish for ${channel}`)
      }
      return undefined
    },
  },
  {
    name: 'takes a lost answer into account: the same act of proving is answered the same again',
    run: async ({ fixtures: { valid }, ask, wish, code, verify, call, reopen }) => {
      const { transaction, idempotencyKey } = call()
      valueOf(await ask.send(wish(valid.id, { transaction })), 'a wish for a code')
      const otp = await code(transaction)
      const first = valueOf(await verify(valid.id, 'otp', otp, { transaction, idempotencyKey }))
      await reopen()
      const again = valueOf(await verify(valid.id, 'otp', otp, { transaction, idempotencyKey }), 'the same act, asked again,')
      must(again.subjectKey === first.subjectKey, 'the same act has another subject key')
      return undefined
    },
  },
  {
    name: 'binds a code to its transaction and person',
    run: async ({ fixtures: { valid, second }, ask, wish, code, verify }) => {
      const request = wish(valid.id)
      const { transaction } = request
      valueOf(await ask.send(request), 'a wish for a code')
      const otp = await code(transaction)
      mustBe(await verify(valid.id, 'otp', otp), 'challenge_failed', 'a code of another transaction')
      mustBe(await verify(second.id, 'otp', otp, { transaction }), 'challenge_failed', 'a code of another person')
      mustBe(await verify(valid.id, 'otp', otp, { transaction }), 'ok', 'the right code afterwards')
      return undefined
    },
  },
  {
    name: 'a wrong code does not use up the right one',
    run: async ({ fixtures: { valid }, ask, wish, code, verify }) => {
      const request = wish(valid.id)
      const { transaction } = request
      valueOf(await ask.send(request), 'a wish for a code')
      const otp = await code(transaction)
      const other = otp.replace(/.$/, (last) => (last === '1' ? '2' : '1'))
      mustBe(await verify(valid.id, 'otp', other, { transaction }), 'challenge_failed', 'a wrong code')
      mustBe(await verify(valid.id, 'otp', otp, { transaction }), 'ok', 'the right code afterwards')
      return undefined
    },
  },
  {
    name: 'another message makes the first code worthless',
    run: async ({ fixtures: { valid }, ask, wish, code, verify, call }) => {
      const { transaction } = call()
      valueOf(await ask.send(wish(valid.id, { transaction })), 'a wish for a code')
      const old = await code(transaction)
      valueOf(await ask.send(wish(valid.id, { transaction })), 'a second wish')
      const otp = await code(transaction)
      if (old !== otp) mustBe(await verify(valid.id, 'otp', old, { transaction }), 'challenge_failed', 'the first of two codes')
      mustBe(await verify(valid.id, 'otp', otp, { transaction }), 'ok', 'the second of two codes')
      return undefined
    },
  },
  {
    name: 'sends one message for one idempotency key: again, at once and after a restart (rule 36)',
    run: async ({ fixtures: { valid }, ask, wish, code, codes, verify, reopen }) => {
      const request = wish(valid.id)
      const { transaction } = request
      const answers = await Promise.all([ask.send(request), ask.send(request), ask.send(request)])
      await reopen()
      answers.push(await ask.send(request))
      const channels = answers.map((answer) => JSON.stringify(valueOf(answer, 'a wish that was repeated').channels))
      must(isOne(channels), 'a wish that was repeated has several answers')
      must((await codes(transaction)).length === 1, 'one wish sent several codes')
      mustBe(await verify(valid.id, 'otp', await code(transaction), { transaction }), 'ok', 'the code of a wish that was repeated')
      return undefined
    },
  },
  {
    name: 'keeps the codes of many at once apart',
    run: async ({ fixtures: { valid, second }, ask, wish, code, verify }) => {
      const requests = Array.from({ length: MANY }, (_, index) => wish(index % 2 === 0 ? valid.id : second.id))
      await Promise.all(requests.map((request) => ask.send(request)))
      const sent: string[] = []
      for (const { transaction } of requests) sent.push(await code(transaction))
      const answers = await Promise.all(requests.map(({ id, transaction }, index) => verify(id, 'otp', sent[index] ?? '', { transaction })))
      const keys = answers.map((answer) => valueOf(answer, 'the right code among many').subjectKey)
      must(isOne(keys.filter((_, index) => index % 2 === 0)) && new Set(keys).size === 2, 'codes of several persons were mixed up')
      return undefined
    },
  },
]

export const codeChecks: readonly Check[] = [
  ...checks.map((check) => ({ ...check, without: withoutCodes })),
  {
    name: 'a code ends when it said',
    without: (world) => withoutCodes(world) ?? (world.help.time === undefined ? 'no helper makes time pass' : undefined),
    run: async ({ fixtures: { valid }, ask, wish, code, verify, pass }) => {
      const request = wish(valid.id)
      const { transaction } = request
      const { validForS } = valueOf(await ask.send(request), 'a wish for a code')
      const otp = await code(transaction)
      await pass(validForS * 1000)
      mustBe(await verify(valid.id, 'otp', otp, { transaction }), 'challenge_failed', 'a code past its end')
      return undefined
    },
  },
]
