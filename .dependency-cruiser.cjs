/** The import table of the house. Who breaks a rule reads its comment. */
const shipped = '^(domain|schemas|projections|adapters|src)/'
const tools = '^schemas/generate\\.ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two modules that need each other are one, or want a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nobody imports this file and it imports nobody: delete it.',
      severity: 'error',
      // The script of the pages is served to browsers, not imported.
      from: { orphan: true, path: shipped, pathNot: '^src/ui/static/' },
      to: {},
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'schemas-stand-alone',
      comment: 'Schemas import nothing of the house.',
      severity: 'error',
      from: { path: '^schemas/' },
      to: { path: '^(domain|projections|adapters|src|ops)/' },
    },
    {
      name: 'ajv-in-check-only',
      comment: 'Of packages, schemas know ajv, in check.ts.',
      severity: 'error',
      from: { path: '^schemas/', pathNot: ['^schemas/check\\.ts$', tools] },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'core'] },
    },
    {
      name: 'domain-stands-alone',
      comment: 'The domain imports itself and types of schemas/generated.ts: no package, nothing of Node.',
      severity: 'error',
      from: { path: '^domain/' },
      to: { pathNot: ['^domain/', '^schemas/generated\\.ts$'] },
    },
    {
      name: 'domain-takes-types-only',
      comment: 'What the domain takes from schemas/generated.ts is a type.',
      severity: 'error',
      from: { path: '^domain/' },
      to: { path: '^schemas/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'projections-stand-on-domain',
      comment: 'Projections import the domain and schemas, and rxjs in run.ts.',
      severity: 'error',
      from: { path: '^projections/' },
      to: { pathNot: ['^(projections|domain|schemas)/', '^node_modules/rxjs/'] },
    },
    {
      name: 'rxjs-in-run-only',
      comment: 'Streams of values live in the runner of projections.',
      severity: 'error',
      from: { path: shipped, pathNot: '^projections/run\\.ts$' },
      to: { path: '^node_modules/rxjs/' },
    },
    {
      name: 'adapters-stand-apart',
      comment:
        'An adapter never imports another. What the adapters of a port share lies directly in adapters/<port>/; a technical helper ' +
        'that names no port lies directly in adapters/, for all of them, and imports none of them (ops/decisions/0003).',
      severity: 'error',
      // Of a helper $1 is the file and $2 is empty: no path fits the second exception.
      from: { path: '^adapters/([^/]+)/?([^/]*)' },
      to: { path: '^adapters/', pathNot: ['^adapters/[^/]+\\.ts$', '^adapters/$1/($2/|[^/]+\\.ts$)'] },
    },
    {
      name: 'adapters-know-ports-only',
      comment: 'Of the house, adapters and what they share know domain/ports.ts and schemas.',
      severity: 'error',
      from: { path: '^adapters/' },
      to: { path: '^(domain|projections|src|ops)/', pathNot: '^domain/ports\\.ts$' },
    },
    {
      name: 'adapters-in-compose-only',
      comment:
        'Only src/compose.ts, and compose-id-systems.ts for plugins, compose-keys.ts for keys and compose-telemetry.ts for spans, name an adapter; ' +
        'a helper of adapters serves nobody else.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/compose(-id-systems|-keys|-telemetry)?\\.ts$' },
      to: { path: '^adapters/' },
    },
    {
      name: 'express-in-app-only',
      comment: 'Replies are plain data: only src/http/app.ts knows Express.',
      severity: 'error',
      from: { path: shipped, pathNot: '^src/http/app\\.ts$' },
      to: { path: '^node_modules/(@types/)?express/' },
    },
    {
      name: 'shipped-stands-alone',
      comment: 'Shipped code imports neither tests nor a package that only developers install.',
      severity: 'error',
      from: { path: shipped, pathNot: tools },
      to: { path: ['^test/', '^node_modules/'], dependencyTypes: ['local', 'npm-dev', 'npm-no-pkg'], pathNot: '^node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    skipAnalysisNotInRules: true,
  },
}
