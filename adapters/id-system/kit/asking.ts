import type { Timers } from '../../../domain/ports.ts'
import { answerProblems, readAnswer, releaseFits, sendFits, verifyFits, type Question } from '../answers.ts'
import { within } from '../bulkhead.ts'
import type {
  Call,
  IdSystem,
  IndividualId,
  NotifyAnswer,
  NotifyRequest,
  PluginAnswer,
  PluginDescription,
  ReleaseAnswer,
  ReleaseRequest,
  SendAnswer,
  SendRequest,
  VerifyAnswer,
  VerifyRequest,
} from '../plugin.ts'

/** A call that takes longer than this hangs, milliseconds. The broker waits no longer for a person. */
export const WAIT_MS = 10_000

/** What somebody who writes a plugin should know, in words of theirs: never what was asked or answered. */
export class Finding extends Error {
  override readonly name = 'Finding'
  /** A call was never answered. */
  readonly silent: boolean

  constructor(message: string, silent = false) {
    super(message)
    this.silent = silent
  }
}

/** What runs where: a thread of its own, or this one. */
export type Asked = { readonly system: IdSystem; readonly description: PluginDescription; readonly timers: Timers }

/** The plugin's calls, bare: nothing stands before it that would hide what it does, and what it does wrong is a finding. */
export type Calls = {
  readonly verify: (request: VerifyRequest) => Promise<PluginAnswer<VerifyAnswer>>
  readonly send: (request: SendRequest) => Promise<PluginAnswer<SendAnswer>>
  readonly release: (request: ReleaseRequest) => Promise<PluginAnswer<ReleaseAnswer>>
  readonly resolve: (request: Call & { readonly id: IndividualId }) => Promise<PluginAnswer<{ readonly subjectKey: string }>>
  readonly notify: (request: NotifyRequest) => Promise<PluginAnswer<NotifyAnswer>>
}

const nameOf = (error: unknown): string => (error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'something')

/** What a call answers in time. */
export const waitFor = async <T>(what: string, timers: Timers, act: () => Promise<T>): Promise<T> => {
  const settled = async () => {
    try {
      return { value: await act() }
    } catch (error) {
      return { thrown: nameOf(error) }
    }
  }
  const silence = async (): Promise<never> => {
    throw new Finding(`${what} did not answer within ${WAIT_MS / 1000} s`, true)
  }
  const end = await within(WAIT_MS, timers, settled).catch(silence)
  if ('thrown' in end) throw new Finding(`${what} threw ${end.thrown}; what goes wrong is an answer`)
  return end.value
}

const callsOf =
  ({ system, description, timers }: Asked) =>
  <Request extends Call, Value>(question: Question, misfit: (value: Value, request: Request) => string | undefined) =>
  async (request: Request): Promise<PluginAnswer<Value>> => {
    const member = system[question] as ((asked: Request) => Promise<unknown>) | undefined
    if (member === undefined) throw new Finding(`${description.id} has no ${question}()`)
    const answered = await waitFor(`${question}()`, timers, async () => member.call(system, structuredClone(request)))
    const answer = readAnswer<Value>(question, answered)
    if (answer === undefined)
      throw new Finding(`${question}() answered what the contract does not allow: ${answerProblems(question, answered)}`)
    const wrong = answer.ok ? misfit(answer.value, request) : undefined
    if (wrong !== undefined) throw new Finding(`${question}() answered ${wrong}`)
    return answer
  }

/** Asks an open plugin. */
export const asking = (asked: Asked): Calls => {
  const { description } = asked
  const call = callsOf(asked)
  const undescribed = 'a channel that it does not describe'
  return {
    verify: call<VerifyRequest, VerifyAnswer>('verify', (value, request) =>
      verifyFits(value, request, description) ? undefined : 'without the factor that was proven, or with one that it does not describe',
    ),
    send: call<SendRequest, SendAnswer>('send', (value, { channels }) => {
      if (!sendFits(value, description)) return undescribed
      const other = channels.length > 0 && value.channels.some((channel) => !channels.includes(channel))
      return other ? 'a channel that was not wished' : undefined
    }),
    release: call<ReleaseRequest, ReleaseAnswer>('release', (value, request) =>
      releaseFits(value, request, description) ? undefined : 'a claim that was not asked for, or a verification that it does not describe',
    ),
    resolve: call('resolve', () => undefined),
    notify: call<NotifyRequest, NotifyAnswer>('notify', (value) => (sendFits(value, description) ? undefined : undescribed)),
  }
}
