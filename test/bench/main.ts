/** `npm run bench`: what this broker can do on this machine, beside others. See README.md. */
import { argv, stderr, stdout } from 'node:process'
import { readWish, USAGE, type Wish } from './args.ts'
import { growth, growthReport } from './growth.ts'
import { cores, coresReport } from './cores.ts'
import { overload, overloadReport } from './overload.ts'
import { compare } from './compare.ts'
import { profileSteps } from './profile-run.ts'
import { figuresOf, reportOf } from './report.ts'

const note = (text: string): void => void stderr.write(`bench: ${text}\n`)

const wishOf = (): Wish => {
  try {
    return readWish(argv.slice(2))
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : ''}\n\n${USAGE}\n`)
    process.exit(2)
  }
}

const wish = wishOf()
const out = (text: string): void => void stdout.write(`${text}\n`)

switch (wish.command) {
  case 'compare': {
    const compared = await compare(wish, note)
    out(wish.json ? JSON.stringify(figuresOf(compared), undefined, 2) : reportOf(compared))
    break
  }
  case 'growth': {
    const found = await growth(wish, note)
    out(wish.json ? JSON.stringify(found, undefined, 2) : growthReport(found))
    break
  }
  case 'overload': {
    const found = await overload(wish, note)
    out(wish.json ? JSON.stringify(found, undefined, 2) : overloadReport(found))
    break
  }
  case 'cores': {
    const found = await cores(wish, note)
    out(wish.json ? JSON.stringify(found, undefined, 2) : coresReport(found))
    break
  }
  case 'profile':
    out(await profileSteps(wish, note))
    break
}
