import type { Reference } from '../../contracts/control.ts';

/** A module's page of nginx's documentation, at a directive. */
export const documentation = (module: string, directive: string): Reference => ({
  source: 'nginx documentation',
  section: directive,
  url: `https://nginx.org/en/docs/http/ngx_http_${module}_module.html#${directive}`,
});

/** Mozilla's recommended configurations. */
export const mozilla: Reference = {
  source: 'Mozilla Server Side TLS',
  section: 'intermediate',
  url: 'https://wiki.mozilla.org/Security/Server_Side_TLS',
};
