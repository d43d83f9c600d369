import { readersOf } from './policy.ts';
import { abandonedSecretIds, createSecretId, lastsLongEnough } from './secret-ids.ts';
import type { Step, Task } from './step.ts';

/**
 * A role-id and a secret-id at each service. What lies there is the truth: the server is asked whether that very
 * secret-id is good, so one that a rotation has delivered since is found as well.
 */
export const deliveries: Step = {
  name: 'deliveries',
  missing: async (context, client) => {
    const { goal, call, clock } = context;
    const tasks = await Promise.all(
      readersOf(goal).map(async (service): Promise<readonly Task[]> => {
        const roleId = await client.approle().readRoleId(service, call);
        const held = await context.delivered(service);
        const known =
          held === undefined ? undefined : await client.approle().identifySecretId(service, held.secretId, call);
        if (
          roleId === undefined ||
          known === undefined ||
          held?.roleId !== roleId ||
          !lastsLongEnough(known, clock.now())
        )
          return [
            {
              title: `deliver a secret-id to ${service}`,
              by: 'operator',
              run: async (acting) => {
                const { secretId } = await createSecretId(context, acting, service);
                await context.deliver(service, roleId ?? '', secretId);
              },
            },
          ];
        return (await abandonedSecretIds(context, client, service, known.accessor)).map((accessor) => ({
          title: `destroy an abandoned secret-id of ${service}`,
          by: 'operator',
          run: (acting) => acting.approle().destroySecretId(service, accessor, call),
        }));
      }),
    );
    return tasks.flat();
  },
};
