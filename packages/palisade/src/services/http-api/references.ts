import type { Reference } from '../../contracts/control.ts';

/** A chapter of the OWASP API Security Top 10, edition of 2023. */
export const owaspApi = (section: string, page: string): Reference => ({
  source: 'OWASP API Security Top 10 2023',
  section,
  url: `https://owasp.org/API-Security/editions/2023/en/${page}/`,
});

/** OWASP's advice for REST services. */
export const owaspRest: Reference = {
  source: 'OWASP REST Security Cheat Sheet',
  url: 'https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html',
};

/** An entry of the Common Weakness Enumeration. */
export const cwe = (number: number): Reference => ({
  source: 'CWE',
  section: String(number),
  url: `https://cwe.mitre.org/data/definitions/${number}.html`,
});

/** The chapter of PostgreSQL's manual on what each sslmode verifies. */
export const libpqSsl: Reference = {
  source: 'PostgreSQL libpq: SSL support',
  url: 'https://www.postgresql.org/docs/current/libpq-ssl.html',
};

/** A standard of the IETF. */
export const rfc = (number: number, section?: string): Reference => ({
  source: `RFC ${number}`,
  ...(section === undefined ? {} : { section }),
  url: `https://www.rfc-editor.org/rfc/rfc${number}`,
});
