import { gatewayPorts } from '../../../model/https-mapping.ts';

/** Where the hardened posture has its files in the container. */
export const configurationDirectory = '/etc/palisade/nginx';
export const configurationFile = `${configurationDirectory}/nginx.conf`;
export const serverCertificates = '/certs';
export const clientCertificates = '/client-certs';

/** Ports inside of the container. */
export const { plain: plainPort, tls: tlsPort } = gatewayPorts;
