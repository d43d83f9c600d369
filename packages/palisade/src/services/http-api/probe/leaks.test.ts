import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LeakKind } from '../evidence.ts';
import { leaksIn } from './leaks.ts';

const samples: readonly (readonly [string, string, LeakKind])[] = [
  ['Node', '{"stack":"Error: x\\n    at Object.<anonymous> (/app/src/routes.js:12:7)"}', 'stack trace'],
  ['Node modules', 'TypeError: x\n    at async run (file:///srv/app/main.ts:3:1)', 'stack trace'],
  ['Python', 'Traceback (most recent call last):\n  File "/app/main.py", line 3', 'stack trace'],
  ['Java', 'at com.acme.Orders.find(Orders.java:42)', 'stack trace'],
  ['.NET', 'at Acme.Orders.Find(Int32 id) in C:\\src\\Orders.cs:line 42', 'stack trace'],
  ['Go', 'panic: x\n\ngoroutine 1 [running]:', 'stack trace'],
  ['Ruby', "app/models/order.rb:12:in `find'", 'stack trace'],
  ['a path', 'cannot open "/var/www/html/orders.php"', 'source path'],
  ['PostgreSQL', '{"detail":"syntax error at or near \\"x\\""}', 'SQL error'],
  ['a missing table', 'relation \\"users\\" does not exist', 'SQL error'],
  ['MySQL', 'ER_PARSE_ERROR', 'SQL error'],
  ['Flask', '<title>Werkzeug Debugger</title>', 'debugger page'],
  ['a connection string', 'cannot reach postgresql://app:hunter2@db:5432/x', 'credential'],
  ['a settings dump', '{"db_password": "hunter2"}', 'credential'],
];
for (const [name, text, kind] of samples)
  test(`recognises ${name} as ${kind}`, () => {
    assert.ok(leaksIn(text).includes(kind), leaksIn(text).join());
  });

for (const text of [
  '{"type":"about:blank","title":"Bad Request","status":400}',
  '{"title":"Unauthorized","detail":"This route needs credentials."}',
  '<html><head><title>404 Not Found</title></head><body>nginx</body></html>',
  '{"message":"The password must have at least 12 characters"}',
  '{"error":"not found at /api/user/1"}',
  '{"error":"meet us at the office (room 4:30)"}',
])
  test(`sees nothing in ${text}`, () => {
    assert.deepEqual(leaksIn(text), []);
  });
