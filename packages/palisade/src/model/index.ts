export { configurationFile, configurationTemplate, defaultConfiguration } from './configuration.ts';
export { type EditState, applyComposeEdit, applyComposeEdits, composeEditState } from './edit/apply.ts';
export { composeEditor } from './edit/draft.ts';
export {
  type ServiceName,
  appendToServiceKey,
  removeEnvironment,
  removeServiceItem,
  removeServiceKey,
  setEnvironment,
  setServiceItem,
  setServiceKey,
  setTopLevelKey,
} from './edits.ts';
export { definitions as modelErrors } from './errors.ts';
export { setFileMode, writeFile } from './file-changes.ts';
export { type LoadOptions, loadStack } from './load.ts';
export {
  activeServices,
  hostPathOf,
  locateLine,
  locationAt,
  mountedFile,
  serviceResource,
  servicesOfKind,
} from './queries.ts';
export { bridgeNameOption } from './top-level.ts';
