import { txCaseVerbs } from './tx-case.ts'
import { txDiff } from './tx-diff.ts'
import { txErrors } from './tx-errors.ts'
import { txFind } from './tx-find.ts'
import { txReplay } from './tx-replay.ts'
import { txShowVerbs } from './tx-show.ts'
import { txStuck } from './tx-stuck.ts'
import { txTail } from './tx-tail.ts'
import { txWhatIf } from './tx-what-if.ts'
import type { Verb } from './verb.ts'

export const txVerbs: readonly Verb[] = [txErrors, txFind, ...txShowVerbs, txDiff, txTail, txStuck, txReplay, txWhatIf, ...txCaseVerbs]
