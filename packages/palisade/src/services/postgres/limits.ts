/** Connections of one application's role. */
export const roleConnections = 20;

/** Connections of a pooler's role: a pool of 25, and some for its reserve. */
export const poolerConnections = 30;

/** Connections to one database. */
export const databaseConnections = 50;

/** Connections to the server. */
export const serverConnections = 100;

/** Of these, the ones that only the administrator may take. */
export const reservedConnections = 3;
