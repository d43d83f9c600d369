/** The user of people, for the management interface; services never have it. */
export const administrator = 'administrator';

/** Connections of the whole node, where the user has no tighter limit. */
export const nodeConnections = 1000;

/** Channels of one connection, where the user has no tighter limit. */
export const connectionChannels = 128;

/** Connections and channels of one user, and connections and queues of one vhost. */
export const userConnections = 100;
export const userChannels = 1000;
export const vhostConnections = 200;
export const vhostQueues = 1000;

/**
 * What a consumer may touch in its vhost: everything but the exchanges of the server itself, through which traces and logs
 * of all others go. Source: RabbitMQ documentation, "Access Control", "Firehose Tracer", "Logging".
 */
export const consumerNames = String.raw`^(?!amq\.rabbitmq\.)`;
