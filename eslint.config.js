import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const SOURCES = [
  'domain/**/*.ts',
  'schemas/**/*.ts',
  'projections/**/*.ts',
  'adapters/**/*.ts',
  'src/**/*.ts',
  'test/**/*.ts',
  'ops/**/*.ts',
]
const PURE = ['domain/**/*.ts', 'projections/**/*.ts']
/** The only files that make clock, chance and timers (rule 41). */
const WORLD = ['src/cli.ts', 'src/compose.ts', 'src/system-runtime.ts', 'src/world.ts', 'adapters/id-system/thread.ts']

const plainDataOnly = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of words.' },
  {
    selector: 'ClassDeclaration:not([superClass.name=/(Error|Fault)$/]), ClassExpression',
    message: 'Only errors are classes: use a function returning plain data.',
  },
]
const noAmbientClock = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.name='Date']",
    message: 'Take the instant from a Clock (rule 41).',
  },
]
const noChance = { object: 'Math', property: 'random', message: 'Take chance from a Chance (rule 41).' }
const noClock = { object: 'Date', property: 'now', message: 'Take the instant from a Clock (rule 41).' }
const noEnvironment = { object: 'process', property: 'env', message: 'Settings are read once, by the command line (rule 41).' }
const noBlockingKeys = {
  property: 'generateKeyPairSync',
  message: 'It stops every request while it searches: use the asynchronous generateKeyPair.',
}
const noBlockingKeyImport = { name: 'node:crypto', importNames: ['generateKeyPairSync'], message: noBlockingKeys.message }
const noAmbientImports = {
  name: 'node:crypto',
  importNames: ['generateKeyPairSync', 'randomBytes', 'randomUUID', 'randomInt', 'randomFillSync'],
  message: 'Take chance from a Chance (rule 41), and make key pairs with the asynchronous generateKeyPair.',
}

const outsideOfPure = [
  'Date',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'crypto',
  'performance',
  'globalThis',
].map((name) => ({ name, message: 'Pure code takes what it needs as an argument (rules 3 and 41).' }))

export default defineConfig(
  { ignores: ['node_modules/', 'coverage/', 'data/', 'schemas/generated.ts'] },
  {
    files: SOURCES,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { requireDefaultForNonUnion: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // A port's function is async even where an adapter has nothing to wait for, so that what it throws is a rejection.
      '@typescript-eslint/require-await': 'off',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', ...plainDataOnly],
      'no-restricted-properties': ['error', noBlockingKeys],
      'no-restricted-imports': ['error', { paths: [noBlockingKeyImport] }],
    },
  },
  {
    files: ['src/**/*.ts', 'adapters/**/*.ts'],
    ignores: WORLD,
    rules: {
      'no-restricted-syntax': ['error', ...plainDataOnly, ...noAmbientClock],
      'no-restricted-properties': ['error', noBlockingKeys, noChance, noClock, noEnvironment],
      'no-restricted-imports': ['error', { paths: [noAmbientImports] }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: WORLD,
    rules: {
      'no-restricted-globals': ['error', ...['setTimeout', 'setInterval'].map((name) => ({ name, message: 'Take Timers (rule 41).' }))],
    },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-globals': ['error', ...outsideOfPure],
      'no-restricted-properties': ['error', noBlockingKeys, noChance],
      'no-restricted-imports': ['error', { patterns: [{ regex: '^node:', message: 'Pure code imports nothing of Node (rule 3).' }] }],
    },
  },
  {
    // The contract of every port stands on one page.
    files: ['domain/ports.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      // chai asserts by reading a property, and a test may say that an element is there: it fails when it is not.
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
)
