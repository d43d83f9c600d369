import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { type Instruction, dockerfileInstructions, dockerfileOf } from '../dockerfile.ts';
import { type Fault, askEachService } from '../question.ts';
import { cisDocker } from '../references.ts';
import { canBeSecretValue, isSecretName, addressPasswords } from '../secret-names.ts';

const confidentialFile =
  /(?:^|[\s/"'])(\.env(?:\.(?!example|sample|template|dist)[\w-]+)?|id_(?:rsa|dsa|ecdsa|ed25519)|[\w.-]+\.(?:key|pfx|p12|jks)|\.npmrc|\.netrc|\.pgpass|credentials(?:\.json)?|root-token)(?=[\s"',\]]|$)/;

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

/** The pairs of `ENV A=b C="d e"`, `ENV A b` and `ARG A=b`. */
const pairs = (rest: string): readonly { readonly name: string; readonly value: string }[] => {
  const assigned = [...rest.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)].map(
    ([, name = '', value = '']) => ({
      name,
      value: unquoted(value),
    }),
  );
  if (assigned.length > 0) return assigned;
  const [, name = '', value = ''] = /^(\w+)(?:\s+(.*))?$/.exec(rest) ?? [];
  return name === '' ? [] : [{ name, value: value.trim() }];
};

const faultOf = ({ name, rest }: Instruction): { readonly what: string; readonly key: string } | undefined => {
  if (name === 'ARG') {
    const secret = pairs(rest).find((pair) => isSecretName(pair.name));
    return (
      secret && {
        what: `takes the secret ${secret.name} as a build argument, which the image's history keeps`,
        key: secret.name,
      }
    );
  }
  if (name === 'ENV') {
    const secret = pairs(rest).find(
      (pair) => (isSecretName(pair.name) && canBeSecretValue(pair.value)) || addressPasswords(pair.value).length > 0,
    );
    return secret && { what: `puts the secret ${secret.name} into the environment of the image`, key: secret.name };
  }
  if (name === 'COPY' || name === 'ADD') {
    // The last word is the target; `--from` copies out of a stage.
    const sources = rest.replace(/\s+\S+$/, '');
    const file = /--from=/.test(rest) ? undefined : confidentialFile.exec(sources)?.[1];
    return file === undefined ? undefined : { what: `copies ${file} into the image`, key: file };
  }
  return undefined;
};

const inDockerfile = (stack: Stack, service: Service): readonly Fault[] => {
  const file = dockerfileOf(stack, service);
  return dockerfileInstructions(file?.text ?? '').flatMap((instruction) => {
    const fault = faultOf(instruction);
    return fault === undefined || file === undefined
      ? []
      : [
          {
            message: `the Dockerfile of ${service.name} ${fault.what}`,
            at: { file: file.path, line: instruction.line, column: 1 },
            key: `${instruction.name} ${fault.key}`,
          },
        ];
  });
};

const inArguments = ({ name, build }: Service): readonly Fault[] =>
  [...(build?.value.arguments ?? [])].flatMap(([argument, { value, at }]) =>
    isSecretName(argument) && canBeSecretValue(value ?? '')
      ? [{ message: `${name} is built with the secret ${argument} as a build argument`, at, key: `args ${argument}` }]
      : [],
  );

/** S04: no secret is built into an image. */
export const control: Control = {
  id: 'supply/dockerfile-secret',
  aliases: ['S04'],
  title: 'No secret is built into an image',
  severity: 'high',
  rationale:
    'Every layer and build argument of an image can be read by whoever can pull it, also after a later instruction deleted the file.',
  fix: 'Give the build its secrets with `RUN --mount=type=secret` and `build.secrets`, and list the files in .dockerignore.',
  references: [
    cisDocker('4.10'),
    { source: 'Docker documentation, build secrets', url: 'https://docs.docker.com/build/building/secrets/' },
  ],
  static: askEachService({
    inapplicable: ({ build }) => (build === undefined ? 'is not built here' : undefined),
    sound: 'builds no secret into its image',
    *faults(service, stack) {
      yield* inDockerfile(stack, service);
      yield* inArguments(service);
    },
    undetermined: (service, stack) =>
      dockerfileOf(stack, service)?.text === undefined ? 'the Dockerfile could not be read' : undefined,
  }),
};
