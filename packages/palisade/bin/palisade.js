#!/usr/bin/env node
// In the published package the build is in dist; in the workspace the sources run as they are.
import { existsSync } from 'node:fs';
import module from 'node:module';

const built = new URL('../dist/cli/main.js', import.meta.url);
const source = new URL('../src/cli/main.ts', import.meta.url);

// Written so that a Node.js which is too old can read it and say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`palisade needs Node.js 22.18 or newer, and this is ${process.versions.node}\n`);
  process.exit(2);
}

module.enableCompileCache?.();
if (existsSync(source)) {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'palisade-source'] }),
  });
  await import(source.href);
} else await import(built.href);
