import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { startClient } from './client-process.ts';
import { type Extent, measure } from './measure.ts';
import { reportOf } from './report.ts';
import { startServers } from './servers.ts';
import type { Settings } from './settings.ts';
import { createTokenSigner } from './tokens.ts';

/**
 * The same routes on bare Fastify, behind the guard, and on FastAPI with slowapi and PyJWT: requests a second and processor time,
 * as ratios of one run. `profile` is a directory for a processor profile of the guarded server.
 */
export const benchApi = async (extent: Extent, profile: string | undefined): Promise<string> => {
  const scratch = mkdtempSync(join(tmpdir(), 'palisade-bench-api-'));
  const client = startClient();
  try {
    const signer = createTokenSigner();
    const settings: Settings = {
      issuer: signer.issuer,
      audience: signer.audience,
      keys: signer.keys,
      auditDirectory: join(scratch, 'audit'),
      certificateFile: join(scratch, 'certificate.pem'),
      certificateKeyFile: join(scratch, 'key.pem'),
    };
    makeCertificate(settings.certificateFile, settings.certificateKeyFile);
    const file = join(scratch, 'settings.json');
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
    const servers = await startServers(file, profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]);
    try {
      return reportOf(await measure(servers, client, signer, extent), extent, servers.absent);
    } finally {
      await servers.stop();
    }
  } finally {
    await client.stop();
    rmSync(scratch, { recursive: true });
  }
};
