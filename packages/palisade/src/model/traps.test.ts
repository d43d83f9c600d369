import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadText, openProject, serviceOf, shownDiagnostics } from './testing.ts';
import { valueDigest } from '../support/value-digest.ts';

// The cases over which users of other tools complain.
describe('loadStack gets right what others get wrong', () => {
  test('1 the host address of a port comes through variables, long syntax and IPv6', async () => {
    const text = `services:
  a:
    image: x
    ports:
      - "\${SQL_PORT:-127.0.0.1:13306}:3306"
      - 0.0.0.0:5433:5432
      - "\${BIND:-}:443:443"
      - "[::1]:8443:443"
      - target: 80
        host_ip: 127.0.0.1
        published: "8080-8082"
        protocol: udp
      - "3000-3002"
      - 9000
      - "127.0.0.1::7000"
`;
    const { ports } = serviceOf(await loadText(text), 'a');
    assert.deepEqual(
      ports.map(({ hostAddress, published, publishedEnd, target, targetEnd, protocol, at }) => [
        hostAddress,
        published,
        publishedEnd,
        target,
        targetEnd,
        protocol,
        at.line,
      ]),
      [
        ['127.0.0.1', 13306, 13306, 3306, 3306, 'tcp', 5],
        ['0.0.0.0', 5433, 5433, 5432, 5432, 'tcp', 6],
        ['', 443, 443, 443, 443, 'tcp', 7],
        ['::1', 8443, 8443, 443, 443, 'tcp', 8],
        ['127.0.0.1', 8080, 8082, 80, 80, 'udp', 9],
        ['', undefined, undefined, 3000, 3002, 'tcp', 13],
        ['', undefined, undefined, 9000, 9000, 'tcp', 14],
        ['127.0.0.1', undefined, undefined, 7000, 7000, 'tcp', 15],
      ],
    );
    assert.equal(ports[0]?.raw, '${SQL_PORT:-127.0.0.1:13306}:3306');
    const open = serviceOf(await loadText(text, { SQL_PORT: '13306' }), 'a').ports[0];
    assert.deepEqual([open?.hostAddress, open?.published], ['', 13306]);
  });

  test('2 merge keys carry ports and images, replace sequences, take lists; two of them are an error', async () => {
    const stack = await loadText(`x-db: &db
  image: postgres:16
  ports: ["5432:5432"]
x-safe: &safe
  image: other
  read_only: true
services:
  one:
    <<: *db
  two:
    <<: [*safe, *db]
    ports: ["127.0.0.1:1:1"]
  three:
    image: x
    <<: *safe
    <<: *db
`);
    const [one, two] = [serviceOf(stack, 'one'), serviceOf(stack, 'two')];
    assert.deepEqual([one.image?.value.repository, one.image?.at.line], ['postgres', 2]);
    assert.deepEqual([one.ports[0]?.published, one.ports[0]?.at.line], [5432, 3]);
    assert.deepEqual([two.image?.value.repository, two.readOnly?.value, two.readOnly?.at.line], ['other', true, 6]);
    assert.deepEqual(
      two.ports.map(({ published }) => published),
      [1],
    );
    assert.deepEqual(shownDiagnostics(stack.diagnostics), ['error model/merge-key-duplicate compose.yaml:16']);
  });

  test('3 hundreds of aliases are normal, a bomb of aliases is an error within bounds', async () => {
    const services = Array.from({ length: 400 }, (_, index) => `  s${index}:\n    image: x\n    logging: *log\n`);
    const normal = await loadText(`x-log: &log\n  driver: json-file\nservices:\n${services.join('')}`);
    assert.equal(normal.services.size, 400);
    assert.deepEqual(normal.diagnostics, []);
    const levels = Array.from({ length: 30 }, (_, level) => {
      const before = level === 0 ? 'x' : `*l${level - 1}`;
      return `x-${level}: &l${level} [${Array.from({ length: 10 }, () => before).join(', ')}]\n`;
    });
    const started = performance.now();
    const bomb = await loadText(`${levels.join('')}services:\n  a:\n    image: x\n`);
    assert.deepEqual(shownDiagnostics(bomb.diagnostics), ['error model/too-many-nodes compose.yaml:1']);
    assert.ok(performance.now() - started < 2000);
  });

  test('4 sexagesimal numbers, octal modes and merge tags are read as Compose reads them', async () => {
    await using project = await openProject({
      'compose.yaml': `services:
  a:
    image: x
    ports:
      - 22:22
      - 1:1
    environment:
      MODE: 0440
      SWITCH: on
      BIG: 1_000
      REAL: 1.10
      OFF: no
    secrets:
      - source: s
        mode: 0440
      - source: s
        target: t
        mode: "0400"
      - source: s
        target: u
        mode: 0o640
    command: [x]
    tmpfs: [/a]
secrets:
  s:
    file: ./s
`,
      'compose.override.yaml': `services:
  a:
    ports: !override ["127.0.0.1:22:22"]
    command: !reset null
    environment:
      OFF: !reset null
    tmpfs: !reset []
`,
    });
    const a = serviceOf(await project.load(), 'a');
    const plain = serviceOf(await project.load({ files: ['compose.yaml'] }), 'a');
    assert.deepEqual(
      plain.ports.map(({ published, target }) => [published, target]),
      [
        [22, 22],
        [1, 1],
      ],
    );
    assert.deepEqual(
      [...plain.environment].map(([name, { value }]) => [name, value]),
      [
        ['MODE', '288'],
        ['SWITCH', 'on'],
        ['BIG', '1000'],
        ['REAL', '1.1'],
        ['OFF', 'no'],
      ],
    );
    assert.deepEqual(
      plain.secrets.map(({ mode }) => mode),
      [0o440, 0o400, 0o640],
    );
    assert.deepEqual([a.ports.length, a.ports[0]?.hostAddress], [1, '127.0.0.1']);
    assert.equal(a.command, undefined);
    assert.equal(a.environment.has('OFF'), false);
    assert.deepEqual(a.tmpfs, []);
  });

  test('5 an override file adds ports: a loopback port beside an open one leaves that open', async () => {
    await using project = await openProject({
      'docker-compose.yml': 'services:\n  a:\n    image: x\n    ports: ["5432:5432", "80:80"]\n',
      'docker-compose.override.yml':
        'services:\n  a:\n    ports:\n      - "127.0.0.1:5432:5432"\n      - "80:80/tcp"\n      - {target: 80, published: "80"}\n',
    });
    const { ports } = serviceOf(await project.load(), 'a');
    assert.deepEqual(
      ports.map(({ hostAddress, published, at }) => [hostAddress, published, at.file]),
      [
        ['', 5432, 'docker-compose.yml'],
        ['', 80, 'docker-compose.override.yml'],
        ['127.0.0.1', 5432, 'docker-compose.override.yml'],
      ],
    );
  });

  test('6 no version is normal, and limits count in both places', async () => {
    const stack = await loadText(`services:
  a:
    image: x
    mem_limit: 512m
    cpus: 0.5
    pids_limit: 100
  b:
    image: x
    deploy:
      resources:
        limits: { memory: 1.5g, cpus: "2", pids: 7 }
  c:
    image: x
    cpu_quota: 50000
    pids_limit: -1
`);
    assert.deepEqual(stack.diagnostics, []);
    const limits = (name: string): readonly unknown[] => {
      const { memory, cpus, pids } = serviceOf(stack, name).limits;
      return [memory?.value, cpus?.value, pids?.value];
    };
    assert.deepEqual(limits('a'), [512 * 1024 ** 2, 0.5, 100]);
    assert.deepEqual(limits('b'), [1.5 * 1024 ** 3, 2, 7]);
    assert.deepEqual(limits('c'), [undefined, 0.5, undefined]);
  });

  test('7 mounts in long and short syntax, of Windows and of the home directory', async () => {
    await using project = await openProject({
      'compose.yaml': String.raw`services:
  a:
    image: x
    volumes:
      - type: bind
        source: /var/run/docker.sock
        target: /var/run/docker.sock
        read_only: true
        bind: { propagation: rshared }
      - /var/run/docker.sock:/docker.sock:ro
      - data:/data
      - /anonymous
      - ~/certs:/certs:ro,z
      - ./conf:/conf/:rslave
      - C:\Users\me:C:\app:ro
      - type: tmpfs
        target: /tmp
volumes: { data: {} }
`,
    });
    const { mounts } = serviceOf(await project.load({ environment: { HOME: '/home/me' } }), 'a');
    assert.deepEqual(
      mounts.map(({ type, source, target, readOnly, propagation }) => [type, source, target, readOnly, propagation]),
      [
        ['bind', '/var/run/docker.sock', '/var/run/docker.sock', true, 'rshared'],
        ['bind', '/var/run/docker.sock', '/docker.sock', true, undefined],
        ['volume', 'data', '/data', false, undefined],
        ['volume', undefined, '/anonymous', false, undefined],
        ['bind', '/home/me/certs', '/certs', true, undefined],
        ['bind', `${project.directory}/conf`, '/conf', false, 'rslave'],
        ['bind', String.raw`C:\Users\me`, String.raw`C:\app`, true, undefined],
        ['tmpfs', undefined, '/tmp', false, undefined],
      ],
    );
  });

  test('8 interpolation follows anchors, precedes merging, and leaves keys alone', async () => {
    await using project = await openProject({
      'compose.yaml': `x-e: &e
  A: \${A:-\${B:-x}}
services:
  a:
    image: \${IMAGE}:\${TAG-1}
    environment:
      <<: *e
      $KEY: $$literal
      C: \${C:+set}
      D: pre\${D}post
`,
      'compose.override.yaml': 'services:\n  a:\n    environment:\n      C: ${A}\n',
      '.env': 'IMAGE=fromfile\nB=file-b\n',
    });
    const a = serviceOf(await project.load({ environment: { IMAGE: 'fromenv', TAG: '', A: '' } }), 'a');
    assert.equal(a.image?.value.text, 'fromenv:');
    assert.deepEqual(
      [...a.environment].map(([name, { value }]) => [name, value]),
      [
        ['A', 'file-b'],
        ['$KEY', '$literal'],
        ['C', ''],
        ['D', 'prepost'],
      ],
    );
    assert.deepEqual(
      [a.environment.get('A')?.at.line, a.environment.get('A')?.raw, a.environment.get('A')?.interpolations],
      [
        2,
        '${A:-${B:-x}}',
        [
          { variable: 'A', operator: ':-', operand: '${B:-x}', source: 'default' },
          { variable: 'B', operator: ':-', operand: 'x', source: 'env-file' },
        ],
      ],
    );
  });

  test('9 environment files: optional, raw, quoted', async () => {
    await using project = await openProject({
      'compose.yaml': `services:
  a:
    image: x
    env_file:
      - one.env
      - { path: raw.env, format: raw }
      - { path: gone.env, required: false }
    environment:
      OWN: wins
  b:
    image: x
    env_file: missing.env
`,
      'one.env': `# comment\nP='a$b'\nQ="a$B"\nOWN=loses\nexport E=1 # why\nB=late\n`,
      'raw.env': `R='a$b' # kept\n`,
    });
    const stack = await project.load({ environment: { B: 'bee' } });
    const { environment } = serviceOf(stack, 'a');
    assert.deepEqual(
      [...environment].map(([name, { value, at }]) => [name, value, `${at.file}:${at.line}`]),
      [
        ['P', 'a$b', 'one.env:2'],
        ['Q', 'abee', 'one.env:3'],
        ['OWN', 'wins', 'compose.yaml:9'],
        ['E', '1', 'one.env:5'],
        ['B', 'late', 'one.env:6'],
        ['R', `'a$b' # kept`, 'raw.env:1'],
      ],
    );
    assert.deepEqual(shownDiagnostics(stack.diagnostics), ['warning model/env-file-missing compose.yaml:12']);
  });

  test('10 include and extends with lists of paths, variables and environments of their own', async () => {
    await using project = await openProject({
      'compose.yaml': `include:
  - path: [sub/compose.yaml, sub/more.yaml]
    env_file: sub/own.env
services:
  web:
    extends:
      file: \${BASE_FILE}
      service: base
    volumes: [./here:/here]
`,
      '.env': 'BASE_FILE=common/base.yaml\n',
      'common/base.yaml': `services:
  base:
    extends: root
    volumes: [./conf:/conf:ro]
  root:
    image: x
    cap_add: [NET_ADMIN]
`,
      'sub/compose.yaml': 'services:\n  db:\n    image: ${DB_IMAGE}\n    volumes: [./data:/data]\n',
      'sub/more.yaml': 'services:\n  db:\n    read_only: true\n',
      'sub/own.env': 'DB_IMAGE=postgres:16\n',
      'sub/.env': 'DB_IMAGE=wrong\n',
    });
    const stack = await project.load();
    assert.deepEqual(stack.diagnostics, []);
    const [web, db] = [serviceOf(stack, 'web'), serviceOf(stack, 'db')];
    assert.deepEqual(
      web.mounts.map(({ source }) => source),
      [`${project.directory}/common/conf`, `${project.directory}/here`],
    );
    assert.deepEqual([web.image?.value.text, web.image?.at.file], ['x', 'common/base.yaml']);
    assert.deepEqual(
      [web.capAdd[0]?.value, web.capAdd[0]?.at.file, web.capAdd[0]?.at.line],
      ['NET_ADMIN', 'common/base.yaml', 7],
    );
    assert.deepEqual(
      [db.image?.value.text, db.readOnly?.value, db.mounts[0]?.source],
      ['postgres:16', true, `${project.directory}/sub/data`],
    );
    assert.deepEqual(stack.composeFiles, ['compose.yaml', 'common/base.yaml', 'sub/compose.yaml', 'sub/more.yaml']);
  });

  test('11 a variable that names a file stays a path, and a required variable without value is a warning', async () => {
    const stack = await loadText(`services:
  a:
    image: x
    environment:
      PASSWORD_FILE: /run/secrets/x
    secrets: [s]
secrets:
  s:
    file: \${S:?where is it}
`);
    assert.equal(serviceOf(stack, 'a').environment.get('PASSWORD_FILE')?.value, '/run/secrets/x');
    assert.equal(serviceOf(stack, 'a').secrets[0]?.target, '/run/secrets/s');
    assert.equal(stack.secrets.get('s')?.file, undefined);
    assert.deepEqual(shownDiagnostics(stack.diagnostics), ['warning model/variable-required compose.yaml:9']);
  });

  test('12 profiles tell active and inactive services apart', async () => {
    await using project = await openProject({
      'compose.yaml':
        'services:\n  a: {image: x}\n  b: {image: x, profiles: [dev, debug]}\n  c: {image: x, profiles: [prod]}\n',
      '.env': 'COMPOSE_PROFILES=prod\n',
    });
    const active = async (profiles?: readonly string[]): Promise<readonly string[]> =>
      [...(await project.load(profiles === undefined ? {} : { profiles })).services.values()]
        .filter((service) => service.active)
        .map(({ name }) => name);
    assert.deepEqual(await active(), ['a', 'c']);
    assert.deepEqual(await active(['debug']), ['a', 'b']);
    assert.deepEqual(await active([]), ['a']);
    assert.deepEqual(await active(['*']), ['a', 'b', 'c']);
  });

  test('13 a broken file is an error with file and line and does not stop the others', async () => {
    await using project = await openProject({
      'compose.yaml': 'services:\n  a:\n    image: x\n',
      'broken.yaml': 'services:\n  b:\n    image: [x\n  c: y\n',
      'more.yaml': 'services:\n  d:\n    image: x\n',
    });
    const stack = await project.load({ files: ['compose.yaml', 'broken.yaml', 'more.yaml'] });
    assert.deepEqual([...stack.services.keys()], ['a', 'd']);
    assert.match(shownDiagnostics(stack.diagnostics)[0] ?? '', /^error model\/yaml-invalid broken\.yaml:[34]$/);
  });

  test('14 a text of a megabyte survives the edit of one line', async () => {
    const { applyComposeEdit } = await import('./edit/apply.ts');
    const filler = Array.from({ length: 8000 }, (_, index) => `  # line ${index} ${'-'.repeat(90)}\n`).join('');
    const text = `services:\n  a:\n    image: 'x'   # here\n${filler}  b:\n    image: "y"\n`;
    const after = applyComposeEdit(text, {
      kind: 'compose-edit',
      file: 'compose.yaml',
      path: ['services', 'a', 'image'],
      edit: { op: 'set', value: 'z' },
      expects: { state: 'present', digest: valueDigest('x') },
    });
    assert.equal(after, text.replace("'x'", "'z'"));
  });
});
