/** A broker of the demonstration without the relying party, which one node has for all. Settings come from the environment. */
import { env } from 'node:process'
import { systemRuntime } from '../../src/compose.ts'
import { demoIdSystems } from '../../src/compose-id-systems.ts'
import { readSettings } from '../../src/config.ts'
import { serve } from '../../src/main.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const read = readSettings({}, env, 'demo', process.cwd())
if (!read.ok) throw new Error(read.problems.join('\n'))
const { settings } = read
const broker = await serve(settings, systemRuntime(settings, print), demoIdSystems(settings, () => undefined).choices)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void broker.close())
