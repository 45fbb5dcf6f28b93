import type { DemoReply, DemoRequest, OutboxMessage, OutboxNotice } from './views.ts'
import { outboxPage } from '../ui/demo.ts'
import type { DemoFrame } from '../ui/views.ts'

/**
 * What a person would read. It begins with the letters that the page shows, so that a relayed sign-in shows a difference, and ends
 * with the line by which phones fill the code in on this site only.
 */
export const messageText = ({ reference, otp, clientName }: OutboxMessage, host: string): string =>
  `${reference}: ${otp} is your code for ${clientName}. Nobody will ever ask you for it.\n\n@${host} #${otp}`

const WORDS: Readonly<Record<OutboxNotice['notice'], string>> = {
  failures: 'Somebody tried to sign in with your ID and did not know the proof. If that was not you, tell us.',
  success_after_failures: 'Your ID was used to sign in after several tries that failed. If that was not you, tell us at once.',
  new_device: 'From now on a new device counts as your own. If that was not you, tell us at once.',
  new_relying_party: 'You agreed for the first time that details of yours are shared.',
}

const noticeText = ({ notice, clientName }: OutboxNotice): string => `${clientName}: ${WORDS[notice]}`

/** A page for people, JSON for scripts. */
export const outboxReply = (
  frame: DemoFrame,
  host: string,
  messages: readonly (OutboxMessage | OutboxNotice)[],
  { headers }: DemoRequest,
  common: DemoReply['headers'],
): DemoReply => {
  const vary = { ...common, vary: 'accept' }
  if (!(headers['accept'] ?? '').includes('text/html'))
    return { status: 200, headers: { ...vary, 'content-type': 'application/json' }, body: JSON.stringify(messages) }
  const newest = messages.toSorted((one, other) => other.at.localeCompare(one.at))
  const shown = newest.map((message) => ({
    at: message.at,
    channel: message.channel,
    to: message.to,
    text: 'otp' in message ? messageText(message, host) : noticeText(message),
  }))
  const body = outboxPage(frame, { messages: shown, refresh: '/demo/outbox' })
  return { status: 200, headers: { ...vary, 'content-type': 'text/html; charset=utf-8' }, body }
}
