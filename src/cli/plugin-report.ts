import type { CheckReport, KitReport } from '../compose-id-systems.ts'

const WORDS: Readonly<Record<CheckReport['outcome'], string>> = {
  passed: 'ok',
  found: 'FOUND',
  left_out: '-',
  not_reached: '?',
}

const WIDTH = Math.max(...Object.values(WORDS).map((word) => word.length))

const lineOf = ({ check, outcome, detail }: CheckReport): readonly string[] => {
  const line = `  ${WORDS[outcome].padEnd(WIDTH)}  ${check}`
  return outcome === 'found' ? [line, `${' '.repeat(WIDTH + 4)}${detail ?? ''}`] : [detail === undefined ? line : `${line} (${detail})`]
}

const numberOf = ({ checks }: KitReport, outcome: CheckReport['outcome']): number =>
  checks.filter((check) => check.outcome === outcome).length

/** A report of the conformance kit for people: every check by its name, and what was found below it. */
export const linesOf = (report: KitReport): readonly string[] => {
  const { module, description, checks, conforms } = report
  const groups = [...new Set(checks.map(({ group }) => group))]
  const unreached = numberOf(report, 'not_reached')
  return [
    description === undefined ? module : `${module}: ${description.id} ${description.version}`,
    ...groups.flatMap((group) => [group, ...checks.filter((check) => check.group === group).flatMap(lineOf)]),
    '',
    `${numberOf(report, 'passed')} ok, ${numberOf(report, 'found')} found, ${numberOf(report, 'left_out')} left out${unreached === 0 ? '' : `, ${unreached} not reached`}.`,
    conforms ? `${module} keeps to the contract.` : `${module} does not keep to the contract.`,
  ]
}
