/** `npm run bench`: what this broker can do on this machine, beside others. See README.md. */
import { argv, stderr, stdout } from 'node:process'
import { readWish, USAGE, type Wish } from './args.ts'
import { compare, type Note } from './compare.ts'
import { cores, coresReport } from './cores.ts'
import { growth, growthReport } from './growth.ts'
import { keep, keepSizing, keepTargets } from './keep.ts'
import { memory, memoryReport } from './memory.ts'
import { overload, overloadReport } from './overload.ts'
import { profileReport, profileSteps } from './profile-run.ts'
import { figuresOf, measuresOf, reportOf } from './report.ts'
import { stores, storesReport } from './stores.ts'

type Done = { readonly report: string; readonly figures: unknown }

const note: Note = (text) => void stderr.write(`bench: ${text}\n`)

const wishOf = (): Wish => {
  try {
    return readWish(argv.slice(2))
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : ''}\n\n${USAGE}\n`)
    process.exit(2)
  }
}

const run = async (wish: Wish): Promise<Done> => {
  switch (wish.command) {
    case 'compare': {
      const compared = await compare(wish, note)
      const figures = figuresOf(compared)
      if (wish.keep) {
        await keepSizing(measuresOf(compared))
        await keepTargets(wish, figures)
      }
      return { report: reportOf(compared), figures }
    }
    case 'growth': {
      const found = await growth(wish, note)
      return { report: growthReport(found), figures: found }
    }
    case 'overload': {
      const found = await overload(wish, note)
      return { report: overloadReport(found), figures: found }
    }
    case 'cores': {
      const found = await cores(wish, note)
      return { report: coresReport(found), figures: found }
    }
    case 'memory': {
      const found = await memory(wish, note)
      return { report: memoryReport(found), figures: found }
    }
    case 'stores': {
      const found = await stores(wish, note)
      return { report: storesReport(found), figures: found }
    }
    case 'profile': {
      const steps = await profileSteps(wish, note)
      return { report: profileReport(steps, wish.keep), figures: steps }
    }
  }
}

const wish = wishOf()
const { report, figures } = await run(wish)
if (wish.keep) await keep(wish, report, figures)
stdout.write(wish.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${report}\n`)
