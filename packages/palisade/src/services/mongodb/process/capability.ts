import type { ProcessCapability } from '../../../contracts/service-kind.ts';
import { error } from '../errors.ts';
import { containerPort } from '../posture.ts';
import { planFerretDb } from './ferretdb.ts';
import { exec } from './local-client.ts';
import { planMongod } from './mongod.ts';
import { givenSettings } from './surroundings.ts';

/**
 * Runs the server that is there, in either posture: MongoDB's own where mongod and mongosh are installed, else FerretDB,
 * which speaks its protocol. The probe tells which one answered.
 */
export const processCapability: ProcessCapability = {
  account: 'mongodb',
  ports: (service, stack) => [containerPort(stack, service)],
  plan: async (context) => {
    // First, because a program that was looked for in vain would be taken for the reason of any failure.
    const settings = await givenSettings(context);
    const mongod = context.program('mongosh') === undefined ? undefined : context.program('mongod');
    const ferretDb = mongod === undefined ? context.program('ferretdb') : undefined;
    if (mongod !== undefined) return planMongod(context, settings, mongod);
    if (ferretDb !== undefined) return planFerretDb(context, settings, ferretDb);
    throw error('mongodb/server-not-installed', { service: context.service.name });
  },
  exec,
};
