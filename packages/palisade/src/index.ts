/**
 * The public interface of Palisade and the place where its parts are put together. Each job is loaded when it is first
 * called, so that `palisade assess` does not pay for servers that it never starts.
 */
import type * as AssessJob from './jobs/assess.ts';
import type * as AuditJob from './jobs/audit/verify.ts';
import type * as BootstrapJob from './jobs/bootstrap.ts';
import type * as DemoJob from './jobs/demo/demo.ts';
import type * as ExplainJob from './jobs/explain.ts';
import type * as ExportJob from './jobs/export.ts';
import type * as FirewallJob from './jobs/firewall.ts';
import type * as HardenJob from './jobs/harden.ts';
import type * as InitJob from './jobs/init.ts';
import type * as RollbackJob from './jobs/rollback.ts';
import type * as RuntimeJob from './jobs/runtime.ts';
import type * as VerifyJob from './jobs/verify.ts';
import type * as WriteReportJob from './jobs/write-report.ts';

export type { Attack } from './contracts/attack.ts';
export type { Change, Plan, PlannedChange } from './contracts/change.ts';
export type { Configuration, Suppression } from './contracts/configuration.ts';
export type {
  AnyControl,
  ChecklistItem,
  Control,
  Observation,
  Reference,
  Resource,
  Severity,
} from './contracts/control.ts';
export type { Answer, Evidence, EvidenceMap, EvidenceName } from './contracts/evidence.ts';
export type { Assessment, ChecklistAnswer, Finding } from './contracts/finding.ts';
export type { Located, Location } from './contracts/location.ts';
export type { Runtime, ServiceStatus } from './contracts/runtime.ts';
export type { ServiceKind } from './contracts/service-kind.ts';
export type { Service, Stack } from './contracts/stack.ts';
export { type JobContext, type ResultContext, systemContext } from './jobs/context.ts';
export { type FirewallFormat, firewallFormats } from './firewall/formats.ts';
export type { AssessOptions, AssessResult } from './jobs/assess.ts';
export type { ProjectOptions } from './jobs/project.ts';
export { type Format, type RenderOptions, formats, render } from './report/index.ts';
export { severities } from './report/order.ts';
export { type ExitCode, PalisadeError } from './support/errors.ts';
export { Secret } from './support/secret.ts';
export { version } from './version.ts';

/** The job behind `palisade assess`: the posture of a project, and the exit code that follows. */
export const assessProject: typeof AssessJob.assessProject = async (...args) =>
  (await import('./jobs/assess.ts')).assessProject(...args);

/** The job behind `palisade harden`: plan, preview, apply. */
export const hardenProject: typeof HardenJob.hardenProject = async (...args) =>
  (await import('./jobs/harden.ts')).hardenProject(...args);

/** The job behind `palisade rollback`. */
export const rollbackProject: typeof RollbackJob.rollbackProject = async (...args) =>
  (await import('./jobs/rollback.ts')).rollbackProject(...args);

/** The job behind `palisade bootstrap`. */
export const bootstrapProject: typeof BootstrapJob.bootstrapProject = async (...args) =>
  (await import('./jobs/bootstrap.ts')).bootstrapProject(...args);

/** The job behind `palisade unseal`. */
export const unsealProject: typeof BootstrapJob.unsealProject = async (...args) =>
  (await import('./jobs/bootstrap.ts')).unsealProject(...args);

/** The job behind `palisade up`. */
export const upProject: typeof RuntimeJob.upProject = async (...args) =>
  (await import('./jobs/runtime.ts')).upProject(...args);

/** The job behind `palisade down`. */
export const downProject: typeof RuntimeJob.downProject = async (...args) =>
  (await import('./jobs/runtime.ts')).downProject(...args);

/** The job behind `palisade status`. */
export const statusProject: typeof RuntimeJob.statusProject = async (...args) =>
  (await import('./jobs/runtime.ts')).statusProject(...args);

/** The job behind `palisade restart`. */
export const restartService: typeof RuntimeJob.restartService = async (...args) =>
  (await import('./jobs/runtime.ts')).restartService(...args);

/** The job behind `palisade logs`: what a service has written last, without secrets. */
export const showLogs: typeof RuntimeJob.showLogs = async (...args) =>
  (await import('./jobs/runtime.ts')).showLogs(...args);

/** The job behind `palisade verify`: live controls from the attacker's side. */
export const verifyProject: typeof VerifyJob.verifyProject = async (...args) =>
  (await import('./jobs/verify.ts')).verifyProject(...args);

/** The job behind `palisade export`: what Palisade knows of a project, in the words of another tool. */
export const exportProject: typeof ExportJob.exportProject = async (...args) =>
  (await import('./jobs/export.ts')).exportProject(...args);

/** The job behind `palisade firewall`: rules for the host that runs a hardened project. */
export const firewallOfProject: typeof FirewallJob.firewallOfProject = async (...args) =>
  (await import('./jobs/firewall.ts')).firewallOfProject(...args);

/** The job behind `palisade audit verify`: what was done to audit logs. */
export const verifyAuditLogs: typeof AuditJob.verifyAuditLogs = async (...args) =>
  (await import('./jobs/audit/verify.ts')).verifyAuditLogs(...args);

/** The page of one control, or the list of all; the text behind `palisade explain`. */
export const explainControl: typeof ExplainJob.explainControl = async (...args) =>
  (await import('./jobs/explain.ts')).explainControl(...args);

/** The job behind `palisade init`: a commented `palisade.yaml`. */
export const initProject: typeof InitJob.initProject = async (...args) =>
  (await import('./jobs/init.ts')).initProject(...args);

/** The job behind `palisade demo`: the main job in one go on the bundled stack. */
export const runDemo: typeof DemoJob.runDemo = async (...args) =>
  (await import('./jobs/demo/demo.ts')).runDemo(...args);

/** Writes a report, readable for its owner alone. */
export const writeReport: typeof WriteReportJob.writeReport = async (...args) =>
  (await import('./jobs/write-report.ts')).writeReport(...args);
