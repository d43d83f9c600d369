import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kind } from './index.ts';

const hints = (changes: object) => ({ name: 'queue', ports: [], ...changes });

describe('RabbitMQ is recognised', () => {
  const cases: readonly (readonly [string, object, 0 | 1 | 2])[] = [
    ['by the official image', { image: 'rabbitmq' }, 2],
    ['by the image of a registry', { image: 'library/rabbitmq' }, 2],
    ['by the image of Bitnami', { image: 'bitnami/rabbitmq' }, 2],
    ['by the program', { image: 'example/broker', program: '/usr/sbin/rabbitmq-server' }, 2],
    ['by the name of what is built', { build: 'rabbitmq' }, 1],
    ['by its port, where there is no image', { ports: [5672] }, 1],
    ['not by its port, where there is another image', { image: 'example/broker', ports: [5672] }, 0],
    ['not in an exporter', { image: 'kbudde/rabbitmq-exporter' }, 0],
    ['not in a client by its name', { name: 'rabbitmq-consumer', build: 'rabbitmq' }, 0],
    ['not in anything else', { image: 'redis', ports: [6379] }, 0],
  ];
  for (const [name, changes, expected] of cases) it(name, () => assert.equal(kind.matches(hints(changes)), expected));
});
