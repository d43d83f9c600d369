/** Connections to the server, where the user has no tighter limit. */
export const serverConnections = 150;

/** Connections of any one account, the administrator's included. */
export const accountConnections = 50;

/** Connections of a consumer's account. */
export const consumerConnections = 20;
