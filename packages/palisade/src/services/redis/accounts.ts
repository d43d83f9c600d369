/** The account that administers a server; nobody has it but the server's own container. */
export const administrator = 'administrator';

/** Rules of the administrator. */
export const administratorRules = '~* &* +@all';

/** Rules of another server that replicates from this one. Source: Redis documentation, ACL, "ACL rules for replicas". */
export const replicaRules = 'resetkeys resetchannels -@all +psync +replconf +ping';

/**
 * Rules of a consumer: data, transactions, scripts and channels, the server's clock, by which scripts count limits, and what
 * client libraries ask at the start. Neither
 * administration nor what stops or empties a server: KEYS, FLUSHALL, CONFIG, DEBUG, SHUTDOWN, ACL.
 */
export const consumerRules =
  '~* &* -@all +@read +@write +@connection +@transaction +@pubsub +@scripting -@admin -@dangerous +time +info +cluster|slots +cluster|shards +cluster|nodes +cluster|info +cluster|keyslot +cluster|myid';
