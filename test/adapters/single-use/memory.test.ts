import { memorySingleUse } from '../../../adapters/single-use/memory/memory-single-use.ts'
import { singleUseContract } from '../../contracts/single-use.ts'

singleUseContract('memory', (clock) => ({ memory: memorySingleUse({ clock }), end: () => undefined }))
