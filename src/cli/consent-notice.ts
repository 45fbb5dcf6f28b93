import type { Machine } from './context.ts'
import { complain, say, sayJson } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { documentOf, wordsOfNotice } from '../consents/notice-text.ts'
import { artefactStream } from '../../domain/streams.ts'

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const digest = operand(args, 0)
  if (!/^[A-Za-z0-9_-]{43}$/.test(digest)) throw new UsageError('DIGEST has 43 characters; see: esignet consent show')
  return withStores(machine, args, 'existing', async ({ journal }) => {
    const { terminal } = machine
    const kept = (await journal.read(artefactStream(digest)))[0]?.data['kind'] === 'notice'
    const notice = kept ? await journal.artefact(digest) : undefined
    if (notice === undefined) {
      complain(terminal, `no notice of this digest was ever shown and agreed to: ${digest}`)
      return 1
    }
    if (args.json) sayJson(terminal, notice)
    else if (args.flag('html')) terminal.out(documentOf(notice))
    else say(terminal, ...wordsOfNotice(notice))
    return 0
  })
}

export const consentNotice: Verb = {
  name: 'consent notice',
  operands: 'DIGEST',
  summary: 'exactly what a person was shown before agreeing, in that language',
  help: ['The page changes with the years; a notice that was agreed to is kept as it was.'],
  options: { html: { type: 'boolean' } },
  optionHelp: { html: 'as a document for a browser, with every byte of what was shown' },
  run,
}
