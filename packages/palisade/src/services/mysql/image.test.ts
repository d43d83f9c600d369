import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KindHints } from '../../contracts/service-kind.ts';
import { matches } from './image.ts';

const none: KindHints = { name: 'db', ports: [] };

describe('recognising a server', () => {
  const cases: readonly (readonly [string, Partial<KindHints>, 0 | 1 | 2])[] = [
    ['the official image', { image: 'mysql' }, 2],
    ['MariaDB', { image: 'library/mariadb' }, 2],
    ['Bitnami', { image: 'bitnami/mysql' }, 2],
    ['Percona', { image: 'percona/percona-server' }, 2],
    ['a Galera node', { image: 'bitnami/mariadb-galera' }, 2],
    ['the program in an image of the user’s own', { image: 'shop/everything', program: '/usr/sbin/mariadbd' }, 2],
    ['a build directory', { build: 'mysql' }, 1],
    ['a port alone', { ports: [3306] }, 1],
    ['the port of an image that is something else', { image: 'shop/proxy-sql', ports: [3306] }, 0],
    ['an exporter', { image: 'prom/mysqld-exporter' }, 0],
    ['phpMyAdmin', { image: 'phpmyadmin', ports: [3306] }, 0],
    ['a router', { image: 'mysql/mysql-router' }, 0],
    ['a backup of the server’s own image', { image: 'mysql', name: 'mysql-backup' }, 0],
    ['a client in the server’s own image', { image: 'mariadb', program: 'mariadb-dump' }, 0],
    ['another client', { image: 'mysql', program: '/usr/bin/mysql' }, 0],
    ['a start script of the user’s own', { image: 'mysql', program: '/scripts/mysql-start.sh' }, 2],
    ['PostgreSQL', { image: 'postgres', ports: [5432] }, 0],
  ];
  for (const [name, hints, sure] of cases)
    it(`is ${sure} sure of ${name}`, () => assert.equal(matches({ ...none, ...hints }), sure));
});
