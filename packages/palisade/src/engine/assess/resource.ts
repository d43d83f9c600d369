import type { Resource } from '../../contracts/control.ts';

/** The name by which suppressions, plans and reports speak of a resource; the project itself is `project`. */
export const resourceName = (resource: Resource): string => (resource.type === 'project' ? 'project' : resource.name);

/** A text that is equal for equal resources only: a network and a service may share a name. */
export const resourceKey = (resource: Resource): string => `${resource.type}:${resourceName(resource)}`;
