export {
  type BootstrapOptions,
  type BootstrapReport,
  type UnsealOptions,
  bootstrapVault,
  unsealVault,
} from './bootstrap.ts';
export type { Owner } from './bundle.ts';
export { type IssueOptions, type IssueOutcome, issueCertificate } from './certificate.ts';
export { type KeyStore, type OperatorCredential, openKeyStore } from './key-store.ts';
export { type Listener, bootstrapListenerCertificate, listenerAuthorities, renewListener } from './listener.ts';
export { type PolicyRule, operatorRole, policyName } from './policy.ts';
export type { BootstrapGoal, Consumer, DeliveredCredential } from './step.ts';
