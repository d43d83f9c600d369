import { z } from 'zod';
import { type CallOptions, type Engine, readAnswer } from './engine.ts';

/** A network as the engine made it. */
export interface EngineNetwork {
  readonly name: string;
  /** The name that the Compose file gives it; undefined for one from elsewhere. */
  readonly ofProject: string | undefined;
  readonly internal: boolean;
  /** Address blocks of its containers: `172.20.0.0/16`. */
  readonly subnets: readonly string[];
  /** Addresses that the host has in it, internal or not. What comes from the host, or from a published port, comes from one of these. */
  readonly gateways: readonly string[];
}

const shape = z.object({
  Name: z.string(),
  Internal: z.boolean(),
  Labels: z.record(z.string(), z.string()).nullish(),
  IPAM: z.object({
    Config: z.array(z.object({ Subnet: z.string().optional(), Gateway: z.string().optional() })).nullish(),
  }),
});

/** The networks of these names; one that does not exist is left out. Throws `compose/answer-unreadable`. */
export const engineNetworks = async (
  engine: Engine,
  names: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, EngineNetwork>> => {
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return new Map();
  // Prints those that exist also where others are missing.
  const { stdout } = await engine.docker(['network', 'inspect', ...wanted], options);
  const found = readAnswer('docker network inspect', stdout === '' ? '[]' : stdout, (value) =>
    z.array(shape).parse(value),
  );
  return new Map(
    found.map(({ Name, Internal, Labels, IPAM }) => [
      Name,
      {
        name: Name,
        ofProject: Labels?.['com.docker.compose.network'],
        internal: Internal,
        subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
        // An IPv6 gateway may be written with the length of its block.
        gateways: (IPAM.Config ?? []).flatMap(({ Gateway }) => Gateway?.replace(/\/\d+$/, '') ?? []),
      },
    ]),
  );
};
