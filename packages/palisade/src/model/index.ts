export { type LoadOptions, loadStack } from './load.ts';
export { defaultConfiguration } from './configuration.ts';
export { definitions as modelErrors } from './errors.ts';
