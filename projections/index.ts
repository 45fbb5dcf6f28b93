import { auditLog, type AuditTools } from './audit-log.ts'
import { clients } from './clients.ts'
import { consents } from './consents.ts'
import { live } from './live.ts'
import { retention } from './retention.ts'
import type { Runnable } from './runnable.ts'

/** Every projection that is kept at the head. */
export const projections = (tools: AuditTools): readonly Runnable[] => [clients, consents, live, retention, auditLog(tools)]
