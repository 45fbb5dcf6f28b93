import type { Profile, ProfileNode } from './inspector.ts'

/** What the main thread's time is told as, in the order of the chart. */
export const PARTS = [
  'HTTP and sockets',
  'doors',
  'pages',
  'steps',
  'rules',
  'schema checks',
  'journal',
  'cryptography',
  'event store',
  'vault and keys',
  'projections',
  'reactors',
  'log lines',
  'packages',
  'Node and V8',
  'garbage collection',
] as const

export type Part = (typeof PARTS)[number]

/** The first that fits says where a file's own time belongs. */
const FOLDERS: readonly (readonly [path: RegExp, part: Part])[] = [
  [/\/node_modules\/ajv/, 'schema checks'],
  [/\/node_modules\/jose/, 'cryptography'],
  [/\/node_modules\/rxjs/, 'projections'],
  [/\/node_modules\//, 'packages'],
  [/\/src\/http\//, 'doors'],
  [/\/src\/ui\//, 'pages'],
  [/\/src\/crypto\//, 'cryptography'],
  [/\/src\/(journal|chain|handle|turns)\.ts/, 'journal'],
  [/\/src\/runtime\.ts/, 'log lines'],
  [/\/src\/reactors\//, 'reactors'],
  [/\/(src\/cli|src\/compose)/, 'Node and V8'],
  [/\/src\//, 'steps'],
  [/\/schemas\//, 'schema checks'],
  [/\/domain\//, 'rules'],
  [/\/projections\/|\/read-model\//, 'projections'],
  [/\/event-store\//, 'event store'],
  [/\/(vault|person-keys|single-use|keys)\//, 'vault and keys'],
  [/\/adapters\/(sqlite|gcm)/, 'vault and keys'],
  [/^node:(_http|net|internal\/(stream|streams|http|net))/, 'HTTP and sockets'],
]

const IDLE = '(idle)'

/** Where a frame's own time belongs: to its own file, or to whoever called it where it has none of ours. */
const partOf = (node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): Part => {
  if (node.callFrame.functionName === '(garbage collector)') return 'garbage collection'
  for (let frame: ProfileNode | undefined = node; frame !== undefined; frame = parents.get(frame.id)) {
    const { url } = frame.callFrame
    const found = FOLDERS.find(([path]) => path.test(url))
    if (found !== undefined) return found[1]
  }
  return 'Node and V8'
}

export type Told = {
  /** Microseconds by part. */
  readonly parts: Readonly<Partial<Record<Part, number>>>
  /** Own time by function, microseconds. */
  readonly functions: ReadonlyMap<string, number>
}

const nameOf = (
  { callFrame: { functionName, url, lineNumber } }: ProfileNode,
  parents: ReadonlyMap<number, ProfileNode>,
  id: number,
): string => {
  const short = (address: string): string => address.replace(/^file:.*?\/(?=(src|adapters|domain|projections|schemas|node_modules)\/)/, '')
  if (url !== '') return `${functionName || '(anonymous)'} ${short(url)}:${lineNumber + 1}`
  const caller = parents.get(id)
  return `${functionName}${caller === undefined || caller.callFrame.url === '' ? '' : ` < ${caller.callFrame.functionName} ${short(caller.callFrame.url)}`}`
}

/** Own time of every frame, told by part and by function. What the thread slept is left out. */
export const tell = ({ nodes, samples, timeDeltas }: Profile): Told => {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map<number, ProfileNode>()
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  const own = new Map<number, number>()
  samples.forEach((id, index) => own.set(id, (own.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0)))
  const parts: Partial<Record<Part, number>> = {}
  const functions = new Map<string, number>()
  for (const [id, us] of own) {
    const node = byId.get(id)
    if (node === undefined || node.callFrame.functionName === IDLE) continue
    const part = partOf(node, parents)
    parts[part] = (parts[part] ?? 0) + us
    const name = nameOf(node, parents, id)
    functions.set(name, (functions.get(name) ?? 0) + us)
  }
  return { parts, functions }
}
