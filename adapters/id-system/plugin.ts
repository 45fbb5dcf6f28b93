/**
 * How to write a plugin for an ID system.
 *
 * A plugin is a module, named in configuration by a path or by the name of an installed package (JavaScript there: Node refuses
 * TypeScript under node_modules). It exports three things, by name or as members of its default export:
 *
 * - `describe(settings)`: what the ID system can do with these settings (`PluginDescription`). Discovery, forms and client registration
 *   are computed from it, so it is checked when the plugin is loaded, and a factor or claim that is not in it is never asked for. It may
 *   depend on the settings, which have been checked before, and on nothing else.
 * - `settingsSchema`: a JSON Schema (2020-12) of the settings. All that is wrong with a deployment's settings is told at once.
 * - `open(settings, tools)`: makes the plugin ready within 30 s. It should fail only when nothing could ever work with these
 *   settings; an ID system that is down now is `health`'s business. `tools` is all it may use of the broker: clock, chance, log and a
 *   folder of its own.
 *
 * What `open` answers is the plugin's capability by presence:
 *
 * | Member    | Answers                                                                | Needed when it describes |
 * |-----------|------------------------------------------------------------------------|--------------------------|
 * | `verify`  | who a proof belongs to: a stable subject key, a session for `release`  | any factor               |
 * | `send`    | by which channels a one-time code went out                             | the factor `otp`         |
 * | `release` | the facts of a session, at most those that were asked for              | any claim                |
 * | `resolve` | the subject key behind an identifier, so that aliases count as one     | -                        |
 * | `notify`  | by which channels a person was told of failures, a new device, ...     | -                        |
 * | `on`      | nothing: follows recorded facts by type, in order, at least once       | -                        |
 * | `health`  | `up`, `degraded` or `down`, within 5 s                                 | always                   |
 * | `close`   | nothing: gives back what `open` took, within 10 s                      | always                   |
 *
 * Data. Only plain, structured-cloneable data crosses (rule 42): no functions, no streams, at most 1 MiB an answer. Facts are
 * returned unsigned and untagged; pairwise subjects, signatures, encryption and language tags are the broker's (rule 43).
 *
 * Verified claims. A plugin that describes `verifiedClaims` can say how its facts were verified (OpenID Connect for Identity Assurance
 * 1.0). `release` is then told in `verified` which claims the person agreed to have told so, and answers in `verified` everything it
 * holds about their verification, one set for each way in which it was done. What the relying party asked for, the broker picks: filters
 * and values never reach a plugin. A set names only trust frameworks, evidence, documents, methods and records that are described.
 *
 * Biometrics. A plugin that offers them says which `modalities` it compares and what it `demands` of a capture. The broker checks what
 * the reader signed (certificates, time, transaction, what was asked for) before it hands the entries over; it cannot open them.
 *
 * Replacement. While a plugin is replaced (`esignet plugin reload`), its old opening finishes the logins that it began beside the new one,
 * in the same folder: a folder of its own is not a folder alone.
 *
 * Deadlines. Each call says until when its answer is waited for. A late answer is dropped and counts as `unavailable`.
 *
 * Idempotency. The same `idempotencyKey` means the same act: the plugin answers as the first time and does not act twice. For `send`
 * and `notify` that should hold across a restart of the plugin, for a crash delivers the wish again (rule 36).
 *
 * Errors. No call throws; what goes wrong is an answer, `{ ok: false, error }`:
 *
 * - `invalid_input`: the identifier or the proof has a form that can never be right;
 * - `challenge_failed`: the proof is wrong;
 * - `subject_denied`: the person is unknown, blocked or cannot be reached. It must look like `challenge_failed` in everything but
 *   this word, in the time it takes as well: the broker shows one sentence for both (rule 22);
 * - `rate_limited`: later;
 * - `session_expired`: the session is unknown, spent, past its time or of another transaction or client;
 * - `unsupported`: not described, or not possible with these settings;
 * - `unavailable`: the ID system did not answer, or answered nonsense; it may be asked again;
 * - `misconfigured`: asking again does not help, somebody has to change a setting.
 *
 * `code` may carry the ID system's own code: at most 64 printable characters, nothing personal.
 *
 * What the broker makes of a plugin that breaks these rules: a thrown error or a missed deadline is `unavailable`; an answer that does
 * not fit (wrong shape, over its size, a factor that was not proven, a claim that was not asked for) is `misconfigured` and never passed
 * on, for asking again would bring the same; the 257th call under way at once is `unavailable`. `esignet plugin check <module>
 * --fixtures <file>` says beforehand whether a plugin keeps to them (`kit/`, `ops/id-systems.md`); `mock/` is the reference plugin.
 */
export type {
  Call,
  CaptureDemand,
  Channel,
  Chance,
  ClaimValue,
  Clock,
  EvidenceType,
  Factor,
  FactorOffer,
  IdSystem,
  IdSystemPlugin,
  IdType,
  IndividualId,
  Instant,
  Json,
  KnowledgeField,
  KnowledgeForm,
  LanguageText,
  Log,
  Modality,
  NoticeKind,
  NotifyAnswer,
  NotifyRequest,
  PluginAnswer,
  PluginDescription,
  PluginErrorKind,
  PluginTools,
  RecordedFact,
  ReleaseAnswer,
  ReleaseRequest,
  SendAnswer,
  SendRequest,
  VerifiedDescription,
  VerifiedFacts,
  VerifyAnswer,
  VerifyRequest,
} from '../../domain/ports.ts'
