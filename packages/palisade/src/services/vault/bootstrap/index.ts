export { type BootstrapReport, bootstrapVault, unsealVault } from './bootstrap.ts';
export { issueCertificate } from './certificate.ts';
export { openKeyStore } from './key-store.ts';
export { bootstrapListenerCertificate, listenerAuthorities } from './listener.ts';
export { readersOf } from './policy.ts';
export type { BootstrapGoal, DeliveredCredential, FormerEntries } from './step.ts';
