import { isVaultError } from '@palisade/vault';
import { error } from './errors.ts';
import type { Step } from './step.ts';

/** Two, so that one that fails does not stop the server. */
const wanted = 2;

/**
 * At least two audit devices, before anything worth auditing happens. OpenBao takes them from its configuration and
 * refuses the API; Vault has the API alone.
 */
export const auditDevices: Step = {
  name: 'audit devices',
  missing: async ({ goal, call }, client) => {
    const devices = await client.sys.auditDevices(call);
    if (devices.size >= wanted) return [];
    const absent = [...goal.auditFiles].filter(([name]) => !devices.has(`${name}/`));
    if (absent.length === 0) throw error('vault-bootstrap/audit-devices-missing', { found: devices.size });
    return absent.map(([name, path]) => ({
      title: `enable the audit device ${name}`,
      by: 'root',
      run: async (root) => {
        try {
          await root.sys.enableAudit(name, { type: 'file', options: { file_path: path } }, call);
        } catch (thrown) {
          if (!isVaultError(thrown, 'vault/invalid-request')) throw thrown;
          throw error('vault-bootstrap/audit-devices-missing', { found: devices.size }, thrown);
        }
      },
    }));
  },
};
