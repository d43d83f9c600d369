/** Where the hardened posture has its files in the container. */
export const configurationDirectory = '/etc/palisade/nginx';
export const configurationFile = `${configurationDirectory}/nginx.conf`;
export const serverCertificates = '/certs';
export const clientCertificates = '/client-certs';

/** Ports inside of the container: unprivileged ones, so that the server needs no root. */
export const plainPort = 8080;
export const tlsPort = 8443;
