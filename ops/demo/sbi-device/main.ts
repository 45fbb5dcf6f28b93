/** Simulated biometric readers: `node ops/demo/sbi-device/main.ts --help`. */
import { resolve } from 'node:path'
import { argv, exit, stderr, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FAULTS, isFault } from './faults.ts'
import { startReaders } from './readers.ts'
import { portsOf } from '../../../src/biometrics/settings.ts'

const HELP = `Simulated biometric readers for the demonstration (Secure Biometric Interface).

  node ops/demo/sbi-device/main.ts [--data ./data] [--types Face,Finger,Iris] [--ports 4501-4600]
                                   [--person 8267411571] [--people FILE] [--fault NAME]

  --data     the broker's data folder; keys, certificates and control.json stand in demo/sbi-device below it
  --person   who is at the reader: any identifier of ops/demo/people.json
  --fault    what goes wrong

Faults:
${Object.entries(FAULTS)
  .map(([name, { what }]) => `  ${name.padEnd(20)} ${what}`)
  .join('\n')}
`

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    data: { type: 'string', default: './data' },
    types: { type: 'string', default: 'Face,Finger,Iris' },
    ports: { type: 'string', default: '4501-4600' },
    person: { type: 'string', default: '8267411571' },
    people: { type: 'string', default: fileURLToPath(new URL('../people.json', import.meta.url)) },
    fault: { type: 'string' },
    attached: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const types = (['Face', 'Finger', 'Iris'] as const).filter((type) => values.types.split(',').includes(type))
const ports = portsOf(values.ports)
const { fault } = values

if (values.help) stdout.write(HELP)
else if (types.length === 0 || ports.length === 0 || (fault !== undefined && !isFault(fault))) {
  stderr.write(`There is no such type, range of ports or fault.\n\n${HELP}`)
  exit(2)
} else {
  const { data, people, person } = values
  const running = await startReaders({ data: resolve(data), people, types, ports, person, fault, now: () => Date.now() })
  stdout.write(`Simulated readers (${types.join(', ')}) at 127.0.0.1, ports ${running.ports.join(', ')}.\n`)
  // Started by a demonstration: it ends when that does.
  if (values.attached) process.stdin.on('end', () => exit(0)).resume()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close().then(() => exit(0)))
}
