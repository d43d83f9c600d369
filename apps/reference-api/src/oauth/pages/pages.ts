import { createHash } from 'node:crypto';

const style =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}label,input,button{display:block;width:100%;box-sizing:border-box}input,button{font:inherit;padding:.5rem;margin:.25rem 0 1rem}';
const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * Headers of a page whose form may lead to `target` by redirects: browsers apply form-action to those too. Its own origin is
 * sent with the form, so that the server can tell it from a form of somebody else.
 */
export const pageHeaders = (target?: string): Readonly<Record<string, string>> => ({
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'${target === undefined ? '' : ` ${target}`}; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
});

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** The text as it may stand in HTML, in attributes too. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

const page = (title: string, content: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head><body><main><h1>${escaped(title)}</h1>${content}</main></body></html>`;

const said = (fault: string | undefined): string =>
  fault === undefined ? '' : `<p role="alert">${escaped(fault)}</p>`;

const cancel = (path: string): string =>
  `<form method="post" action="${escaped(path)}/cancel"><button>Cancel</button></form>`;

/** Asks for name and password; `path` is that of the interaction. */
export const loginPage = (path: string, client: string, fault?: string): string =>
  page(
    'Log in',
    `<p>${escaped(client)} asks who you are.</p>${said(fault)}<form method="post" action="${escaped(path)}/login"><label for="username">Name</label><input id="username" name="username" autocomplete="username" required autofocus><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required><button>Log in</button></form>${cancel(path)}`,
  );

/** Asks whether a client may have scopes. */
export const consentPage = (path: string, client: string, scopes: readonly string[]): string =>
  page(
    'Allow access',
    `<p>${escaped(client)} asks for:</p><ul>${scopes.map((scope) => `<li>${escaped(scope)}</li>`).join('')}</ul><form method="post" action="${escaped(path)}/consent"><button>Allow</button></form>${cancel(path)}`,
  );

/** Says what is wrong where there is nobody to send the browser back to. */
export const errorPage = (error: string, description: string | undefined): string =>
  page('This did not work', `<p>${escaped(error)}${description === undefined ? '' : `: ${escaped(description)}`}</p>`);
