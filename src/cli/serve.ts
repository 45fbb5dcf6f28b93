import { say, sayJson } from './output.ts'
import type { Machine } from './context.ts'
import type { Args, ExitCode, Verb } from './verb.ts'

const run = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal, stopping } = machine
  const running = await machine.serve(args.opening, args.flag('demo'))
  if (args.json) sayJson(terminal, { ready: running.lines })
  else say(terminal, ...running.lines)
  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve()
    else stopping.addEventListener('abort', () => resolve(), { once: true })
  })
  await running.close()
  return 0
}

export const serveVerb: Verb = {
  name: 'serve',
  operands: '',
  summary: 'run the broker until it is told to end',
  help: ['Without --demo it is production: https issuer, your own ID system.'],
  options: { demo: { type: 'boolean' } },
  optionHelp: { demo: 'with a mock ID system and a relying party, on this machine only' },
  run,
}
