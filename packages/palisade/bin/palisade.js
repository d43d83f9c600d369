#!/usr/bin/env node
// In the published package the build is in dist; in the workspace the sources run as they are.
import { existsSync } from 'node:fs';
import module from 'node:module';

const built = new URL('../dist/cli/main.js', import.meta.url);
const source = new URL('../src/cli/main.ts', import.meta.url);

module.enableCompileCache?.();
if (existsSync(source)) {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'palisade-source'] }),
  });
  await import(source.href);
} else await import(built.href);
