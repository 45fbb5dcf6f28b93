/** The mock, made bad in one way for each check of the conformance kit. */
import { readOutbox } from '../../adapters/id-system/mock/plugin.ts'
import type {
  IdSystem,
  IdSystemPlugin,
  PluginAnswer,
  PluginDescription,
  PluginTools,
  VerifyAnswer,
} from '../../adapters/id-system/plugin.ts'

type Members = { readonly [Name in keyof IdSystem]-?: NonNullable<IdSystem[Name]> }
type Changes = { readonly [Name in keyof IdSystem]?: NonNullable<IdSystem[Name]> }

export type Bend = {
  /** The check that finds it. */
  readonly check: string
  /** In which way it is bad. */
  readonly bad: string
  /** What is found. */
  readonly says: RegExp
  readonly bend: (plugin: IdSystemPlugin) => IdSystemPlugin
}

/** With other members, which may call those of the mock. */
const acting =
  (change: (well: Members, tools: PluginTools) => Changes) =>
  (plugin: IdSystemPlugin): IdSystemPlugin => ({
    ...plugin,
    open: async (settings, tools) => {
      const system = await plugin.open(settings, tools)
      // The mock has every member.
      return { ...system, ...change(system as Members, tools) }
    },
  })

const saying =
  (change: (description: PluginDescription) => Partial<PluginDescription>) =>
  (plugin: IdSystemPlugin): IdSystemPlugin => ({
    ...plugin,
    describe: (settings) => ({ ...plugin.describe(settings), ...change(plugin.describe(settings)) }),
  })

const madeUp: PluginAnswer<VerifyAnswer> = {
  ok: true,
  value: { subjectKey: 'somebody', session: 'session', sessionExpiresAt: '2026-11-24T12:10:00.000Z', factorsProven: ['otp', 'pin'] },
}

/** `verify` with its yes changed. */
const proving = (change: (value: VerifyAnswer, tools: PluginTools) => Partial<VerifyAnswer>) =>
  acting(({ verify }, tools) => ({
    verify: async (request) => {
      const answer = await verify(request)
      return answer.ok ? { ok: true, value: { ...answer.value, ...change(answer.value, tools) } } : answer
    },
  }))

const wasSent = async (tools: PluginTools, transaction: string, otp: string): Promise<boolean> =>
  (await readOutbox(tools.dataDirectory)).some((sent) => sent.transaction === transaction && sent.otp === otp)

const numbered = (): (() => string) => {
  let number = 0
  return () => String((number += 1))
}

const manifest: readonly Bend[] = [
  {
    check: 'describes itself the same way each time',
    bad: 'it says another version each time',
    says: /something else after a restart/,
    bend: (plugin) => {
      const next = numbered()
      return saying(() => ({ version: next() }))(plugin)
    },
  },
  {
    check: 'lets a person prove who they are by every factor it describes',
    bad: 'the right PIN is wrong',
    says: /the right pin was answered challenge_failed/,
    bend: acting(({ verify }) => ({
      verify: async (request) => (request.factor === 'pin' ? { ok: false, error: 'challenge_failed' } : verify(request)),
    })),
  },
  {
    check: 'answers `unsupported` to a factor that it does not describe',
    bad: 'it compares passwords that it does not describe',
    says: /a proof by password was answered challenge_failed, not unsupported/,
    bend: saying(({ factors }) => ({ factors: factors.filter(({ factor }) => factor !== 'password') })),
  },
  {
    check: 'is up',
    bad: 'it says something else than up or down',
    says: /something that is no health/,
    bend: acting(() => ({ health: async () => 'splendid' as never })),
  },
]

const subject: readonly Bend[] = [
  {
    check: 'has one key for a person, over repeats, factors, aliases and a restart',
    bad: 'each proof has a key of its own',
    says: /several subject keys/,
    bend: proving((_value, { chance }) => ({ subjectKey: chance.uuid() })),
  },
  {
    check: 'has another key for another person, and none that is an identifier',
    bad: 'all are one',
    says: /two persons have one subject key/,
    bend: proving(() => ({ subjectKey: 'somebody' })),
  },
  {
    check: 'has another key for another person, and none that is an identifier',
    bad: 'the key is the identifier',
    says: /holds an identifier/,
    bend: acting(({ verify }) => ({
      verify: async (request) => {
        const answer = await verify(request)
        return answer.ok ? { ok: true, value: { ...answer.value, subjectKey: `person-${request.id.value}` } } : answer
      },
    })),
  },
  {
    check: 'gives other relying parties another pairwise subject, where it gives one',
    bad: 'all of them get the same',
    says: /one pairwise subject/,
    bend: proving(({ subjectKey }) => ({ pairwiseSubject: subjectKey })),
  },
  {
    check: 'joins aliases before anything is proven, where it resolves (rule 18)',
    bad: 'it resolves to another key',
    says: /another key than verify/,
    bend: acting(() => ({ resolve: async () => ({ ok: true, value: { subjectKey: 'somebody' } }) })),
  },
]

const session: readonly Bend[] = [
  {
    check: 'releases what was asked for and the person has, and nothing else',
    bad: 'it leaves the first claim out',
    says: /leaves out name/,
    bend: acting(({ release }) => ({ release: (request) => release({ ...request, claims: request.claims.slice(1) }) })),
  },
  {
    check: 'releases what was asked for and the person has, and nothing else',
    bad: 'it answers without end',
    says: /no plain data, or more than 1048576 bytes/,
    bend: acting(() => ({ release: async () => ({ ok: true, value: { claims: { name: 'x'.repeat(2_000_000) } } }) })),
  },
  {
    check: 'releases what was asked for and the person has, and nothing else',
    bad: 'its answer has another form',
    says: /does not allow: \/value must have required property 'claims'/,
    bend: acting(() => ({ release: async () => ({ ok: true, value: { facts: {} } }) as never })),
  },
  {
    check: 'releases nothing when nothing was agreed to',
    bad: 'it tells the name unasked',
    says: /a claim that was not asked for/,
    bend: acting(({ release }) => ({ release: (request) => release({ ...request, claims: [...request.claims, 'name'] }) })),
  },
  {
    check: 'tells what was verified where it describes that, of the claims that were agreed to and no others',
    bad: 'it tells how a name was verified unasked',
    says: /a verification that it does not describe/,
    bend: acting(({ release }) => ({ release: (request) => release({ ...request, verified: ['name'] }) })),
  },
  {
    check: 'says the languages of a value as a map of tags and texts (rule 43)',
    bad: 'it makes up tags',
    says: /the languages of a claim are told in another way: name/,
    bend: acting(() => ({ release: async () => ({ ok: true, value: { claims: { name: { languages: { English_UK: 'Maya' } } } } }) })),
  },
  {
    check: 'is single use exactly when it says so; the same act may be asked again either way',
    bad: 'it says that sessions are single use',
    says: /another release with the same session was answered ok, not session_expired/,
    bend: saying(() => ({ sessionSingleUse: true })),
  },
  {
    check: 'is good for its transaction and client only, and no session can be made up',
    bad: 'a session is good for every transaction',
    says: /a session of another transaction was answered ok/,
    bend: acting(({ verify, release }) => {
      let last = { transaction: '', client: '' }
      return {
        verify: async (request) => {
          last = request
          return verify(request)
        },
        release: (request) => release({ ...request, transaction: last.transaction, client: last.client }),
      }
    }),
  },
  {
    check: 'survives a restart',
    bad: 'sessions end with the process',
    says: /release\(\) after a restart was answered session_expired/,
    bend: (plugin) => {
      const next = numbered()
      return acting(({ verify, release }) => {
        const mark = next()
        return {
          verify: async (request) => {
            const answer = await verify(request)
            return answer.ok ? { ok: true, value: { ...answer.value, session: `${mark} ${answer.value.session}` } } : answer
          },
          release: async (request) => {
            const [made, sealed = ''] = request.session.split(' ')
            return made === mark ? release({ ...request, session: sealed }) : { ok: false, error: 'session_expired' }
          },
        }
      })(plugin)
    },
  },
  {
    check: 'ends when it said',
    bad: 'sessions never end',
    says: /a session past its end was answered ok/,
    bend: acting(() => ({ release: async () => ({ ok: true, value: { claims: {} } }) })),
  },
]

const codes: readonly Bend[] = [
  {
    check: 'sends one by described channels; it proves the person once',
    bad: 'a code can be used again',
    says: /a code that was used was answered ok, not challenge_failed/,
    bend: acting(({ verify }) => {
      const proven = new Map<string, PluginAnswer<VerifyAnswer>>()
      return {
        verify: async (request) => {
          const known = proven.get(request.proof)
          if (known !== undefined) return known
          const answer = await verify(request)
          if (answer.ok) proven.set(request.proof, answer)
          return answer
        },
      }
    }),
  },
  {
    check: 'sends by the channel that was wished, or says that it cannot',
    bad: 'it takes the way that it likes',
    says: /a channel that was not wished/,
    bend: acting(({ send }) => ({ send: (request) => send({ ...request, channels: ['sms'] }) })),
  },
  {
    check: 'takes a lost answer into account: the same act of proving is answered the same again',
    bad: 'it knows no act again',
    says: /the same act, asked again, was answered challenge_failed/,
    bend: acting(({ verify }, { chance }) => ({ verify: (request) => verify({ ...request, idempotencyKey: chance.uuid() }) })),
  },
  {
    check: 'binds a code to its transaction and person',
    bad: 'a code works in every transaction',
    says: /a code of another transaction was answered ok/,
    bend: acting(({ send, verify }) => {
      let transaction = ''
      return {
        send: async (request) => {
          transaction = request.transaction
          return send(request)
        },
        verify: (request) => verify({ ...request, transaction }),
      }
    }),
  },
  {
    check: 'a wrong code does not use up the right one',
    bad: 'one wrong code is the end',
    says: /the right code afterwards was answered challenge_failed/,
    bend: acting(({ verify }) => {
      const burnt = new Set<string>()
      return {
        verify: async (request) => {
          const answer = burnt.has(request.transaction) ? ({ ok: false, error: 'challenge_failed' } as const) : await verify(request)
          if (!answer.ok) burnt.add(request.transaction)
          return answer
        },
      }
    }),
  },
  {
    check: 'another message makes the first code worthless',
    bad: 'every code that was sent works',
    says: /the first of two codes was answered ok/,
    bend: acting(({ verify }, tools) => ({
      verify: async (request) => ((await wasSent(tools, request.transaction, request.proof)) ? madeUp : verify(request)),
    })),
  },
  {
    check: 'sends one message for one idempotency key: again, at once and after a restart (rule 36)',
    bad: 'each time is another act',
    says: /one wish sent several codes/,
    bend: acting(({ send }, { chance }) => ({ send: (request) => send({ ...request, idempotencyKey: chance.uuid() }) })),
  },
  {
    check: 'keeps the codes of many at once apart',
    bad: 'every code proves one person',
    says: /codes of several persons were mixed up/,
    bend: proving(() => ({ subjectKey: 'somebody' })),
  },
  {
    check: 'a code ends when it said',
    bad: 'codes never end',
    says: /a code past its end was answered ok/,
    bend: acting(({ verify }, tools) => ({
      verify: async (request) => ((await wasSent(tools, request.transaction, request.proof)) ? madeUp : verify(request)),
    })),
  },
]

const RIGHT = ['552310', 'Winter-Bridge-47']

const enumeration: readonly Bend[] = [
  {
    check: 'unknown, blocked and wrong differ by the kind of the error alone',
    bad: 'a code says who is unknown',
    says: /the code or the shape of an answer tells unknown or blocked from a wrong otp/,
    bend: acting(({ verify }) => ({
      verify: async (request) => {
        const answer = await verify(request)
        return !answer.ok && answer.error === 'subject_denied' ? { ...answer, code: 'no_such_person' } : answer
      },
    })),
  },
  {
    check: 'a blocked person is denied with the right proof as with the wrong one',
    bad: 'a blocked person is told that the PIN was right',
    says: /a blocked person sees by the answer that a pin is right/,
    bend: acting(({ verify }) => ({
      verify: async (request) => {
        const answer = await verify(request)
        return !answer.ok && RIGHT.includes(request.proof) ? { ...answer, code: 'blocked' } : answer
      },
    })),
  },
  {
    check: 'denies a message to the unknown and the blocked in one shape, and sends none',
    bad: 'everybody is told that a code went out',
    says: /of an unknown or blocked person was answered ok, not subject_denied/,
    bend: acting(() => ({ send: async () => ({ ok: true, value: { channels: ['sms'], validForS: 60 } }) })),
  },
  {
    check: 'takes alike for all; the medians are reported, and only a difference that anybody sees fails',
    bad: 'somebody who exists takes longer',
    says: /the medians of wrong, unknown and blocked are 50 ms apart or more/,
    bend: acting(({ verify }) => ({
      verify: async (request) => {
        const answer = await verify(request)
        if (!answer.ok && answer.error === 'challenge_failed') await new Promise((done) => setTimeout(done, 90))
        return answer
      },
    })),
  },
]

const faults: readonly Bend[] = [
  {
    check: 'throws at nothing: input of the wrong form is an answer',
    bad: 'it throws at an empty identifier',
    says: /verify\(\) threw RangeError/,
    bend: acting(({ verify }) => ({
      verify: async (request) => {
        if (request.id.value === '') throw new RangeError(`nobody is called ${request.id.value}`)
        return verify(request)
      },
    })),
  },
  {
    check: 'an unreachable ID system is `unavailable` and not up, and works again afterwards',
    bad: 'it says that it is up without its ID system',
    says: /health\(\) says up without the ID system/,
    bend: acting(() => ({ health: async () => ({ status: 'up' }) })),
  },
  {
    check: 'a slow one harms nobody: an answer after the deadline is no yes to somebody else, and it works again afterwards',
    bad: 'it says yes when there is no time',
    says: /a wrong proof with a slow ID system was answered ok/,
    bend: acting(({ verify }, { clock }) => ({
      verify: async (request) => (Date.parse(request.deadline) - Date.parse(clock.now()) < 1000 ? madeUp : verify(request)),
    })),
  },
  {
    check: 'closes, and opens again',
    bad: 'it throws when it is closed',
    says: /close\(\) threw Error/,
    bend: acting(({ close }) => ({
      close: async () => {
        await close()
        throw new Error('it was open')
      },
    })),
  },
]

const house: readonly Bend[] = [
  {
    check: 'the same act of proving, asked again or at once, has one answer',
    bad: 'the second time is refused',
    says: /the right proof was answered challenge_failed/,
    bend: acting(({ verify }) => {
      const known = new Set<string>()
      return {
        verify: async (request) => {
          if (known.has(request.idempotencyKey)) return { ok: false, error: 'challenge_failed' }
          known.add(request.idempotencyKey)
          return verify(request)
        },
      }
    }),
  },
  {
    check: 'tells a person once for one idempotency key, and nobody who is unknown, where it notifies',
    bad: 'it says that it told somebody who is nobody',
    says: /a notice to an unknown person was answered ok/,
    bend: acting(() => ({ notify: async () => ({ ok: true, value: { channels: ['sms'] } }) })),
  },
  {
    check: 'follows a fact that comes twice without harm',
    bad: 'it throws the second time',
    says: /on\.ConsentGiven\(\) threw Error/,
    bend: acting(() => {
      const known = new Set<string>()
      return {
        on: {
          ConsentGiven: async ({ id }) => {
            if (known.has(id)) throw new Error('it is there already')
            known.add(id)
          },
        },
      }
    }),
  },
  {
    check: 'keeps many at once apart',
    bad: 'it remembers who was asked about last',
    says: /persons were mixed up/,
    bend: acting(({ verify }) => {
      let key = ''
      return {
        verify: async (request) => {
          const answer = await verify(request)
          if (!answer.ok) return answer
          key ||= answer.value.subjectKey
          return { ok: true, value: { ...answer.value, subjectKey: key } }
        },
      }
    }),
  },
  {
    check: 'logs no identifier, proof, code, session or value of a person',
    bad: 'it logs who was asked about',
    says: /the log holds an identifier/,
    bend: acting(({ verify }, { log }) => ({
      verify: async (request) => {
        log.info('asked', { id: request.id.value })
        return verify(request)
      },
    })),
  },
  {
    check: 'logs no more than is kept of it',
    bad: 'lines of it were dropped',
    says: /it floods the log/,
    bend: acting((_well, { log }) => {
      log.warn('plugin_log_dropped', { lines: 1000 })
      return {}
    }),
  },
]

export const bends: readonly Bend[] = [...manifest, ...subject, ...session, ...codes, ...enumeration, ...faults, ...house]
