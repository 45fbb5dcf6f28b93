import type { DemoReply, DemoRequest, OutboxMessage } from './views.ts'
import { outboxPage } from '../ui/demo.ts'
import type { DemoFrame } from '../ui/views.ts'

/**
 * What a person would read. It begins with the letters that the page shows, so that a relayed sign-in shows a difference, and ends
 * with the line by which phones fill the code in on this site only.
 */
export const messageText = ({ reference, otp, clientName }: OutboxMessage, host: string): string =>
  `${reference}: ${otp} is your code for ${clientName}. Nobody will ever ask you for it.\n\n@${host} #${otp}`

/** A page for people, JSON for scripts. */
export const outboxReply = (
  frame: DemoFrame,
  host: string,
  messages: readonly OutboxMessage[],
  { headers }: DemoRequest,
  common: DemoReply['headers'],
): DemoReply => {
  const vary = { ...common, vary: 'accept' }
  if (!(headers['accept'] ?? '').includes('text/html'))
    return { status: 200, headers: { ...vary, 'content-type': 'application/json' }, body: JSON.stringify(messages) }
  const shown = messages.map((message) => ({ at: message.at, channel: message.channel, to: message.to, text: messageText(message, host) }))
  const body = outboxPage(frame, { messages: shown, refresh: '/demo/outbox' })
  return { status: 200, headers: { ...vary, 'content-type': 'text/html; charset=utf-8' }, body }
}
