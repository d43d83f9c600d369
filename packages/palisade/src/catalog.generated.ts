// Generated from what is on disk: run `npm run gen` after adding, renaming or removing a control or a kind.
import type { AnyControl } from './contracts/control.ts';
import type { ServiceKind } from './contracts/service-kind.ts';
import { control as containerCapabilities } from './controls/container/capabilities.ts';
import { control as containerCgroupParent } from './controls/container/cgroup-parent.ts';
import { control as containerCpuLimit } from './controls/container/cpu-limit.ts';
import { control as containerDefaultSecret } from './controls/container/default-secret.ts';
import { control as containerDockerSocket } from './controls/container/docker-socket.ts';
import { control as containerEmptySecret } from './controls/container/empty-secret.ts';
import { control as containerHealthcheck } from './controls/container/healthcheck.ts';
import { control as containerHostDevices } from './controls/container/host-devices.ts';
import { control as containerHostIpc } from './controls/container/host-ipc.ts';
import { control as containerHostPid } from './controls/container/host-pid.ts';
import { control as containerLiteralSecret } from './controls/container/literal-secret.ts';
import { control as containerMandatoryAccessControl } from './controls/container/mandatory-access-control.ts';
import { control as containerMemoryLimit } from './controls/container/memory-limit.ts';
import { control as containerMountPropagation } from './controls/container/mount-propagation.ts';
import { control as containerNoNewPrivileges } from './controls/container/no-new-privileges.ts';
import { control as containerPidsLimit } from './controls/container/pids-limit.ts';
import { control as containerPrivileged } from './controls/container/privileged.ts';
import { control as containerReadOnlyRoot } from './controls/container/read-only-root.ts';
import { control as containerRestartBound } from './controls/container/restart-bound.ts';
import { control as containerRootUser } from './controls/container/root-user.ts';
import { control as containerSeccomp } from './controls/container/seccomp.ts';
import { control as containerSensitiveMount } from './controls/container/sensitive-mount.ts';
import { control as containerSharedVolume } from './controls/container/shared-volume.ts';
import { control as containerUserNamespace } from './controls/container/user-namespace.ts';
import { control as filesCertificateHealth } from './controls/files/certificate-health.ts';
import { control as filesCoreDumps } from './controls/files/core-dumps.ts';
import { control as filesMountedAuthorityKey } from './controls/files/mounted-authority-key.ts';
import { control as filesSecretFileMode } from './controls/files/secret-file-mode.ts';
import { control as filesSocketMode } from './controls/files/socket-mode.ts';
import { control as filesTrackedSecret } from './controls/files/tracked-secret.ts';
import { control as httpApiAuthenticatedRoutes } from './services/http-api/controls/authenticated-routes.ts';
import { control as httpApiChallenges } from './services/http-api/controls/challenges.ts';
import { control as httpApiCountedAttempts } from './services/http-api/controls/counted-attempts.ts';
import { control as httpApiForgedTokens } from './services/http-api/controls/forged-tokens.ts';
import { control as httpApiMaskedErrors } from './services/http-api/controls/masked-errors.ts';
import { control as httpApiNoDebugSurface } from './services/http-api/controls/no-debug-surface.ts';
import { control as httpApiNoForeignOrigins } from './services/http-api/controls/no-foreign-origins.ts';
import { control as httpApiNoGatewayBypass } from './services/http-api/controls/no-gateway-bypass.ts';
import { control as httpApiSecurityHeaders } from './services/http-api/controls/security-headers.ts';
import { control as httpApiTlsOnly } from './services/http-api/controls/tls-only.ts';
import { control as httpApiVerifiedConnections } from './services/http-api/controls/verified-connections.ts';
import { control as loggingDebugLevel } from './controls/logging/debug-level.ts';
import { control as loggingMysqlRawLog } from './controls/logging/mysql-raw-log.ts';
import { control as loggingRotation } from './controls/logging/rotation.ts';
import { control as loggingServerLogs } from './controls/logging/server-logs.ts';
import { control as mongodbBindAddress } from './services/mongodb/controls/bind-address.ts';
import { control as mongodbClientCertificates } from './services/mongodb/controls/client-certificates.ts';
import { control as mongodbConnectionLimit } from './services/mongodb/controls/connection-limit.ts';
import { control as mongodbLeastPrivilege } from './services/mongodb/controls/least-privilege.ts';
import { control as mongodbLocalhostException } from './services/mongodb/controls/localhost-exception.ts';
import { control as mongodbLoginRequired } from './services/mongodb/controls/login-required.ts';
import { control as mongodbLoginsLogged } from './services/mongodb/controls/logins-logged.ts';
import { control as mongodbMemberAuthentication } from './services/mongodb/controls/member-authentication.ts';
import { control as mongodbNoDebugLog } from './services/mongodb/controls/no-debug-log.ts';
import { control as mongodbNoKnownLogin } from './services/mongodb/controls/no-known-login.ts';
import { control as mongodbNoScripts } from './services/mongodb/controls/no-scripts.ts';
import { control as mongodbPlaintextRefused } from './services/mongodb/controls/plaintext-refused.ts';
import { control as mongodbTlsVersions } from './services/mongodb/controls/tls-versions.ts';
import { control as mysqlClientCertificates } from './services/mysql/controls/client-certificates.ts';
import { control as mysqlConnectionLimits } from './services/mysql/controls/connection-limits.ts';
import { control as mysqlFewPowerfulAccounts } from './services/mysql/controls/few-powerful-accounts.ts';
import { control as mysqlFileAccessConfined } from './services/mysql/controls/file-access-confined.ts';
import { control as mysqlGrantTablesOn } from './services/mysql/controls/grant-tables-on.ts';
import { control as mysqlLocalInfileOff } from './services/mysql/controls/local-infile-off.ts';
import { control as mysqlModernTls } from './services/mysql/controls/modern-tls.ts';
import { control as mysqlNarrowHosts } from './services/mysql/controls/narrow-hosts.ts';
import { control as mysqlNoAnonymousAccount } from './services/mysql/controls/no-anonymous-account.ts';
import { control as mysqlNoKnownPasswords } from './services/mysql/controls/no-known-passwords.ts';
import { control as mysqlNoRemoteRoot } from './services/mysql/controls/no-remote-root.ts';
import { control as mysqlNoStatementLog } from './services/mysql/controls/no-statement-log.ts';
import { control as mysqlSecureTransportRequired } from './services/mysql/controls/secure-transport-required.ts';
import { control as mysqlStatementsAudited } from './services/mysql/controls/statements-audited.ts';
import { control as networkBridgeNames } from './controls/network/bridge-names.ts';
import { control as networkDeclaredReach } from './controls/network/declared-reach.ts';
import { control as networkDefaultNetwork } from './controls/network/default-network.ts';
import { control as networkHostNetwork } from './controls/network/host-network.ts';
import { control as networkInternalDataNetwork } from './controls/network/internal-data-network.ts';
import { control as networkInternalIpv6 } from './controls/network/internal-ipv6.ts';
import { control as networkLoopbackPorts } from './controls/network/loopback-ports.ts';
import { control as networkNeedlessReachability } from './controls/network/needless-reachability.ts';
import { control as networkPrivilegedPorts } from './controls/network/privileged-ports.ts';
import { control as networkUndeclaredListeners } from './controls/network/undeclared-listeners.ts';
import { control as nginxHttpsRedirect } from './services/nginx/controls/https-redirect.ts';
import { control as nginxNoListing } from './services/nginx/controls/no-listing.ts';
import { control as nginxRateLimits } from './services/nginx/controls/rate-limits.ts';
import { control as nginxRequestBounds } from './services/nginx/controls/request-bounds.ts';
import { control as nginxSecurityHeaders } from './services/nginx/controls/security-headers.ts';
import { control as nginxServerTokens } from './services/nginx/controls/server-tokens.ts';
import { control as nginxStrictTransport } from './services/nginx/controls/strict-transport.ts';
import { control as nginxTlsVersions } from './services/nginx/controls/tls-versions.ts';
import { control as nginxUnknownHosts } from './services/nginx/controls/unknown-hosts.ts';
import { control as nginxVerifiedUpstreams } from './services/nginx/controls/verified-upstreams.ts';
import { control as pgbouncerBoundedPools } from './services/pgbouncer/controls/bounded-pools.ts';
import { control as pgbouncerClientCertificates } from './services/pgbouncer/controls/client-certificates.ts';
import { control as pgbouncerClientTls } from './services/pgbouncer/controls/client-tls.ts';
import { control as pgbouncerConsoleApart } from './services/pgbouncer/controls/console-apart.ts';
import { control as pgbouncerNoStoredPasswords } from './services/pgbouncer/controls/no-stored-passwords.ts';
import { control as pgbouncerNoWayAround } from './services/pgbouncer/controls/no-way-around.ts';
import { control as pgbouncerScramAuthentication } from './services/pgbouncer/controls/scram-authentication.ts';
import { control as pgbouncerServerTls } from './services/pgbouncer/controls/server-tls.ts';
import { control as postgresClientCertificates } from './services/postgres/controls/client-certificates.ts';
import { control as postgresConnectionLimits } from './services/postgres/controls/connection-limits.ts';
import { control as postgresConnectionsLogged } from './services/postgres/controls/connections-logged.ts';
import { control as postgresFewPrivilegedRoles } from './services/postgres/controls/few-privileged-roles.ts';
import { control as postgresNarrowHostRules } from './services/postgres/controls/narrow-host-rules.ts';
import { control as postgresNoDefaultPasswords } from './services/postgres/controls/no-default-passwords.ts';
import { control as postgresNoRemoteSuperuser } from './services/postgres/controls/no-remote-superuser.ts';
import { control as postgresNoTrust } from './services/postgres/controls/no-trust.ts';
import { control as postgresPasswordsSet } from './services/postgres/controls/passwords-set.ts';
import { control as postgresPlaintextRefused } from './services/postgres/controls/plaintext-refused.ts';
import { control as postgresPublicSchemaClosed } from './services/postgres/controls/public-schema-closed.ts';
import { control as postgresScramPasswords } from './services/postgres/controls/scram-passwords.ts';
import { control as postgresStatementsAudited } from './services/postgres/controls/statements-audited.ts';
import { control as postgresTlsEnabled } from './services/postgres/controls/tls-enabled.ts';
import { control as rabbitmqClientCertificates } from './services/rabbitmq/controls/client-certificates.ts';
import { control as rabbitmqConnectionLimits } from './services/rabbitmq/controls/connection-limits.ts';
import { control as rabbitmqDiskLimit } from './services/rabbitmq/controls/disk-limit.ts';
import { control as rabbitmqDistributionNotPublished } from './services/rabbitmq/controls/distribution-not-published.ts';
import { control as rabbitmqDistributionOnLoopback } from './services/rabbitmq/controls/distribution-on-loopback.ts';
import { control as rabbitmqErlangCookie } from './services/rabbitmq/controls/erlang-cookie.ts';
import { control as rabbitmqGuestOnLoopback } from './services/rabbitmq/controls/guest-on-loopback.ts';
import { control as rabbitmqLoginsLogged } from './services/rabbitmq/controls/logins-logged.ts';
import { control as rabbitmqManagementTls } from './services/rabbitmq/controls/management-tls.ts';
import { control as rabbitmqMemoryWatermark } from './services/rabbitmq/controls/memory-watermark.ts';
import { control as rabbitmqNoAnonymous } from './services/rabbitmq/controls/no-anonymous.ts';
import { control as rabbitmqNoGuestLogin } from './services/rabbitmq/controls/no-guest-login.ts';
import { control as rabbitmqOwnAccounts } from './services/rabbitmq/controls/own-accounts.ts';
import { control as rabbitmqPlaintextRefused } from './services/rabbitmq/controls/plaintext-refused.ts';
import { control as rabbitmqTlsVersion } from './services/rabbitmq/controls/tls-version.ts';
import { control as redisBusNotPublished } from './services/redis/controls/bus-not-published.ts';
import { control as redisClientCertificates } from './services/redis/controls/client-certificates.ts';
import { control as redisFewPowerfulAccounts } from './services/redis/controls/few-powerful-accounts.ts';
import { control as redisLoginRequired } from './services/redis/controls/login-required.ts';
import { control as redisNoDangerousCommands } from './services/redis/controls/no-dangerous-commands.ts';
import { control as redisPlaintextRefused } from './services/redis/controls/plaintext-refused.ts';
import { control as redisProtectedMode } from './services/redis/controls/protected-mode.ts';
import { control as redisReplicationEncrypted } from './services/redis/controls/replication-encrypted.ts';
import { control as supplyDockerfileSecret } from './controls/supply/dockerfile-secret.ts';
import { control as supplyOutdatedServer } from './controls/supply/outdated-server.ts';
import { control as supplyPinnedImage } from './controls/supply/pinned-image.ts';
import { control as vaultAuditDevices } from './services/vault/controls/audit-devices.ts';
import { control as vaultAuditHashed } from './services/vault/controls/audit-hashed.ts';
import { control as vaultDiagnosticsAuthenticated } from './services/vault/controls/diagnostics-authenticated.ts';
import { control as vaultExactPolicies } from './services/vault/controls/exact-policies.ts';
import { control as vaultNoRootToken } from './services/vault/controls/no-root-token.ts';
import { control as vaultNoSwap } from './services/vault/controls/no-swap.ts';
import { control as vaultNoUnsealKeys } from './services/vault/controls/no-unseal-keys.ts';
import { control as vaultProductionServer } from './services/vault/controls/production-server.ts';
import { control as vaultSecretIdBounded } from './services/vault/controls/secret-id-bounded.ts';
import { control as vaultTlsRequired } from './services/vault/controls/tls-required.ts';
import { control as vaultTlsVersion } from './services/vault/controls/tls-version.ts';
import { control as vaultTokenNotRoot } from './services/vault/controls/token-not-root.ts';
import { control as vaultUnsealThreshold } from './services/vault/controls/unseal-threshold.ts';
import { kind as httpApiKind } from './services/http-api/index.ts';
import { kind as mongodbKind } from './services/mongodb/index.ts';
import { kind as mysqlKind } from './services/mysql/index.ts';
import { kind as nginxKind } from './services/nginx/index.ts';
import { kind as pgbouncerKind } from './services/pgbouncer/index.ts';
import { kind as postgresKind } from './services/postgres/index.ts';
import { kind as rabbitmqKind } from './services/rabbitmq/index.ts';
import { kind as redisKind } from './services/redis/index.ts';
import { kind as vaultKind } from './services/vault/index.ts';

/** Every control, in the order of its ids. */
export const controls: readonly AnyControl[] = [
  containerCapabilities,
  containerCgroupParent,
  containerCpuLimit,
  containerDefaultSecret,
  containerDockerSocket,
  containerEmptySecret,
  containerHealthcheck,
  containerHostDevices,
  containerHostIpc,
  containerHostPid,
  containerLiteralSecret,
  containerMandatoryAccessControl,
  containerMemoryLimit,
  containerMountPropagation,
  containerNoNewPrivileges,
  containerPidsLimit,
  containerPrivileged,
  containerReadOnlyRoot,
  containerRestartBound,
  containerRootUser,
  containerSeccomp,
  containerSensitiveMount,
  containerSharedVolume,
  containerUserNamespace,
  filesCertificateHealth,
  filesCoreDumps,
  filesMountedAuthorityKey,
  filesSecretFileMode,
  filesSocketMode,
  filesTrackedSecret,
  httpApiAuthenticatedRoutes,
  httpApiChallenges,
  httpApiCountedAttempts,
  httpApiForgedTokens,
  httpApiMaskedErrors,
  httpApiNoDebugSurface,
  httpApiNoForeignOrigins,
  httpApiNoGatewayBypass,
  httpApiSecurityHeaders,
  httpApiTlsOnly,
  httpApiVerifiedConnections,
  loggingDebugLevel,
  loggingMysqlRawLog,
  loggingRotation,
  loggingServerLogs,
  mongodbBindAddress,
  mongodbClientCertificates,
  mongodbConnectionLimit,
  mongodbLeastPrivilege,
  mongodbLocalhostException,
  mongodbLoginRequired,
  mongodbLoginsLogged,
  mongodbMemberAuthentication,
  mongodbNoDebugLog,
  mongodbNoKnownLogin,
  mongodbNoScripts,
  mongodbPlaintextRefused,
  mongodbTlsVersions,
  mysqlClientCertificates,
  mysqlConnectionLimits,
  mysqlFewPowerfulAccounts,
  mysqlFileAccessConfined,
  mysqlGrantTablesOn,
  mysqlLocalInfileOff,
  mysqlModernTls,
  mysqlNarrowHosts,
  mysqlNoAnonymousAccount,
  mysqlNoKnownPasswords,
  mysqlNoRemoteRoot,
  mysqlNoStatementLog,
  mysqlSecureTransportRequired,
  mysqlStatementsAudited,
  networkBridgeNames,
  networkDeclaredReach,
  networkDefaultNetwork,
  networkHostNetwork,
  networkInternalDataNetwork,
  networkInternalIpv6,
  networkLoopbackPorts,
  networkNeedlessReachability,
  networkPrivilegedPorts,
  networkUndeclaredListeners,
  nginxHttpsRedirect,
  nginxNoListing,
  nginxRateLimits,
  nginxRequestBounds,
  nginxSecurityHeaders,
  nginxServerTokens,
  nginxStrictTransport,
  nginxTlsVersions,
  nginxUnknownHosts,
  nginxVerifiedUpstreams,
  pgbouncerBoundedPools,
  pgbouncerClientCertificates,
  pgbouncerClientTls,
  pgbouncerConsoleApart,
  pgbouncerNoStoredPasswords,
  pgbouncerNoWayAround,
  pgbouncerScramAuthentication,
  pgbouncerServerTls,
  postgresClientCertificates,
  postgresConnectionLimits,
  postgresConnectionsLogged,
  postgresFewPrivilegedRoles,
  postgresNarrowHostRules,
  postgresNoDefaultPasswords,
  postgresNoRemoteSuperuser,
  postgresNoTrust,
  postgresPasswordsSet,
  postgresPlaintextRefused,
  postgresPublicSchemaClosed,
  postgresScramPasswords,
  postgresStatementsAudited,
  postgresTlsEnabled,
  rabbitmqClientCertificates,
  rabbitmqConnectionLimits,
  rabbitmqDiskLimit,
  rabbitmqDistributionNotPublished,
  rabbitmqDistributionOnLoopback,
  rabbitmqErlangCookie,
  rabbitmqGuestOnLoopback,
  rabbitmqLoginsLogged,
  rabbitmqManagementTls,
  rabbitmqMemoryWatermark,
  rabbitmqNoAnonymous,
  rabbitmqNoGuestLogin,
  rabbitmqOwnAccounts,
  rabbitmqPlaintextRefused,
  rabbitmqTlsVersion,
  redisBusNotPublished,
  redisClientCertificates,
  redisFewPowerfulAccounts,
  redisLoginRequired,
  redisNoDangerousCommands,
  redisPlaintextRefused,
  redisProtectedMode,
  redisReplicationEncrypted,
  supplyDockerfileSecret,
  supplyOutdatedServer,
  supplyPinnedImage,
  vaultAuditDevices,
  vaultAuditHashed,
  vaultDiagnosticsAuthenticated,
  vaultExactPolicies,
  vaultNoRootToken,
  vaultNoSwap,
  vaultNoUnsealKeys,
  vaultProductionServer,
  vaultSecretIdBounded,
  vaultTlsRequired,
  vaultTlsVersion,
  vaultTokenNotRoot,
  vaultUnsealThreshold,
];

/** Every service kind. */
export const kinds: readonly ServiceKind[] = [httpApiKind, mongodbKind, mysqlKind, nginxKind, pgbouncerKind, postgresKind, rabbitmqKind, redisKind, vaultKind];
